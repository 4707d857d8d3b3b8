// embed/stopped.fixtures.ts: run in a process of its own by stopped.test.ts: a program that does things of its own while
// guests that never end are stopped; prints what happens, line by line.
import {AsyncLocalStorage} from 'node:async_hooks'
import {parse} from '@bytecodealliance/jco'
import {Engine} from '../index.ts'

const GUEST = `(component
  (import "wait" (func $wait))
  (core func $wait' (canon lower (func $wait)))
  (core module $M (import "" "wait" (func $wait))
    (func $spin (export "spin") (loop $more (br $more)))
    (func (export "wait-then-spin") (call $wait) (call $spin))
    (func (export "wait") (call $wait)))
  (core instance $m (instantiate $M (with "" (instance (export "wait" (func $wait'))))))
  (func (export "spin") (canon lift (core func $m "spin")))
  (func (export "wait-then-spin") (canon lift (core func $m "wait-then-spin")))
  (func (export "wait") (canon lift (core func $m "wait"))))`
const SPINS_AT_START =
  '(component (core module $M (func $f (loop (br 0))) (start $f)) (core instance (instantiate $M)))'

const tenant = new AsyncLocalStorage<string>()
const engine = new Engine()
const component = await engine.load(await parse(GUEST), {
  imports: {wait: () => new Promise(resolve => setTimeout(resolve, 100))},
  limits: {cpuMs: 60},
})

// The program's own work of every kind, under way at any time: none of it may be lost.
let asked = 0
let done = 0
const work = setInterval(() => {
  for (const later of [setImmediate, queueMicrotask, process.nextTick]) {
    asked++
    later(() => done++)
  }
}, 1)

const neighbour = component.exports.wait()
for (const name of ['spin', 'waitThenSpin', 'spin'])
  await tenant.run(name, async () => {
    await component.exports[name]().catch((error: any) =>
      console.log(`${name}: ${error.code}, ${error.hint}`),
    )
    console.log(`in the context of ${tenant.getStore()}`)
  })
await neighbour
console.log('wait returned')
await tenant.run('late', () => component.exports.wait())
console.log(`outside: ${tenant.getStore()}`)
await engine.load(await parse(SPINS_AT_START), {limits: {cpuMs: 60}}).then(
  () => console.log('loaded'),
  error => console.log(`start: ${error.code}`),
)
clearInterval(work)
await new Promise(resolve => setTimeout(resolve, 20))
console.log(`the program's own work: ${asked > 100 && asked === done ? 'all done' : `${done} of ${asked}`}`)
await engine.close()
