// embed/leaks.fixtures.ts: run in a process of its own by leaks.test.ts: loads and drops components, many times; prints what
// the process holds after the first hundred and after all of them.
import {readdirSync, readFileSync} from 'node:fs'
import {parse} from '@bytecodealliance/jco'
import {Engine} from '../index.ts'

const LOADS = 1000
const WARM = 100

/** All differ, so that nothing is shared; `wait` has calls that wait on their stacks. */
const guest = (n: number) => `(component
  (import "wait" (func $wait (param "text" string) (result string)))
  (core module $L (memory (export "m") 1) (global $next (mut i32) (i32.const 1024))
    (func (export "r") (param i32 i32 i32 i32) (result i32)
      (global.get $next) (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $l (instantiate $L))
  (core func $wait' (canon lower (func $wait) (memory (core memory $l "m")) (realloc (core func $l "r"))))
  (core module $M (import "" "wait" (func $wait (param i32 i32 i32))) (import "l" "m" (memory 1))
    (data (i32.const 512) "guest number ${n}")
    (func (export "run") (param i32 i32) (result i32)
      (i32.store (i32.const 600) (i32.const ${n}))
      (call $wait (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16)))
  (core instance $m (instantiate $M (with "l" (instance $l)) (with "" (instance (export "wait" (func $wait'))))))
  (func (export "run") (param "text" string) (result string)
    (canon lift (core func $m "run") (memory (core memory $l "m")) (realloc (core func $l "r")))))`

const engine = new Engine()
const imports = {wait: (text: string) => new Promise(resolve => setImmediate(resolve, `${text}!`))}

async function use(n: number): Promise<void> {
  await using component = await engine.load(await parse(guest(n)), {imports, wasi: {}})
  const answer = await component.exports.run('a')
  if (answer !== 'a!') throw new Error(`the guest answered ${answer}`)
  await using sandbox = await component.lease()
  await sandbox.exports.run('b')
  await sandbox.restore()
}

async function held() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc!()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const {heapUsed, external, arrayBuffers} = process.memoryUsage()
  return {
    heap: heapUsed + external + arrayBuffers,
    files: readdirSync('/proc/self/fd').length,
    mappings: readFileSync('/proc/self/maps', 'utf8').split('\n').length,
  }
}

let n = 0
while (n < WARM) await use(n++)
const before = await held()
while (n < LOADS) await use(n++)
console.log(JSON.stringify({before, after: await held()}))
await engine.close()
