// engine/link/dropped.fixture.ts: a process that links small components, all different, and drops them: dropped.fixture.ts
// BATCH BATCHES [keep]. Prints a line for each batch: the bytes in use afterwards, and the modules still known.
import {parse} from '@bytecodealliance/jco'
import {decodeComponent} from '../component/decode.ts'
import {validateComponent} from '../component/validate.ts'
import {hostFunction} from './imports.ts'
import {prepare, rootImports} from './link.fixtures.ts'
import {LinkedComponent} from './linked-component.ts'
import {ModuleCache} from './module-cache.ts'

const [batch = 0, batches = 0] = process.argv.slice(2, 4).map(Number)
const kept: unknown[] = process.argv[4] === 'keep' ? [] : (Object.freeze([]) as never)
const modules = new ModuleCache()

const text = (n: number): string => `(component
  (type $r${n} (record (field "a${n}" string) (field "b" (list u8))))
  (import "t" (type $t (eq $r${n})))
  (import "f" (func $f (param "x" $t) (result u32)))
  (core module $L (memory (export "m") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $l (instantiate $L))
  (core func $f' (canon lower (func $f) (memory (core memory $l "m")) (realloc (core func $l "realloc"))))
  (core module $M (import "" "f" (func $f (param i32 i32 i32 i32) (result i32)))
    (func (export "run") (param i32 i32 i32 i32) (result i32)
      (i32.add (i32.const ${n}) (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3)))))
  (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
  (func (export "run") (param "x" $t) (result u32)
    (canon lift (core func $m "run") (memory (core memory $l "m")) (realloc (core func $l "realloc")))))`

/** All that deploying a component and answering one event with it comes to. */
function once(bytes: Uint8Array, n: number): void {
  const component = decodeComponent(bytes)
  validateComponent(component)
  const imports = rootImports({f: hostFunction(() => 1)})
  const linked = new LinkedComponent(component, {imports, who: 'it', modules})
  const sandbox = prepare(linked).make()
  const result = sandbox.call(linked.findExport(undefined, 'run')!, {[`a${n}`]: 'text', b: Uint8Array.of(1)})
  if (result !== n + 1) throw new Error(`returned ${result}`)
  if (Object.isFrozen(kept)) sandbox.dispose()
  else kept.push(linked, sandbox)
}

const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 20))

for (let i = 0; i < batches; i++) {
  const texts = await Promise.all(Array.from({length: batch}, (_, k) => parse(text(i * batch + k))))
  texts.forEach((bytes, k) => {
    once(bytes, i * batch + k)
  })
  texts.length = 0
  for (let k = 0; k < 5; k++) {
    await settled()
    globalThis.gc!({type: 'major', execution: 'sync', flavor: 'last-resort'} as never)
  }
  const {heapUsed, external} = process.memoryUsage()
  console.log(JSON.stringify({bytes: heapUsed + external, modules: modules.size}))
}
process.exit(0)
