// bench/composition.ts: what a call from one component to another in the same sandbox costs, with scalar arguments, as
// a multiple of a core module's call of a JavaScript function.
//
//     node bench/composition.ts
import {parse} from '@bytecodealliance/jco'
import {decodeComponent} from '../src/engine/component/decode.ts'
import {validateComponent} from '../src/engine/component/validate.ts'
import {Entropy} from '../src/engine/init/entropy.ts'
import {Guard} from '../src/engine/link/guard.ts'
import {LinkedComponent} from '../src/engine/link/linked-component.ts'
import {ModuleCache} from '../src/engine/link/module-cache.ts'
import {PreparedComponent} from '../src/engine/pool/prepared-component.ts'
import {copyTier} from '../src/engine/snapshot/copy.ts'

const CALLS = 2_000_000
const ROUNDS = 9

/** Calls `add` as often as it is told, and returns the sum. */
const LOOP = `
  (import "" "add" (func $add (param i32 i32) (result i32)))
  (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $more
      (local.set $sum (call $add (local.get $sum) (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $more (local.get $n)))
    (local.get $sum))`

const COMPONENT = `(component
  (component $Adder
    (core module $M (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $m (instantiate $M))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $m "add"))))
  (component $Caller
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (core func $add' (canon lower (func $add)))
    (core module $M ${LOOP})
    (core instance $m (instantiate $M (with "" (instance (export "add" (func $add'))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run"))))
  (instance $adder (instantiate $Adder))
  (instance $caller (instantiate $Caller (with "add" (func $adder "add"))))
  (export "run" (func $caller "run")))`

async function component(): Promise<(n: number) => unknown> {
  const decoded = decodeComponent(await parse(COMPONENT))
  validateComponent(decoded)
  const linked = new LinkedComponent(decoded, {imports: new Map(), who: 'it', modules: new ModuleCache()})
  if (process.argv.includes('--explain')) console.log(linked.source)
  const prepared = new PreparedComponent(linked, {
    tier: copyTier,
    guard: new Guard(),
    component: 'it',
    limitPages: 1024,
    limits: {cpuMs: 60_000, idleMs: 60_000},
    snapshot: 'auto',
    entropy: new Entropy({fill: bytes => void bytes.fill(1)}, {wallNs: () => 0n, monotonicNs: () => 0n}),
  })
  const sandbox = prepared.make()
  const index = linked.findExport(undefined, 'run')!
  return n => sandbox.call(index, n)
}

async function plain(): Promise<(n: number) => unknown> {
  const {exports} = new WebAssembly.Instance(new WebAssembly.Module(await parse(`(module ${LOOP})`)), {
    '': {add: (a: number, b: number) => (a + b) | 0},
  })
  return exports['run']
}

const contenders = {component: await component(), plain: await plain()}
const took: Record<string, number[]> = {component: [], plain: []}
for (let round = 0; round < ROUNDS; round++)
  for (const [name, run] of Object.entries(contenders)) {
    const start = performance.now()
    run(CALLS)
    took[name]!.push(((performance.now() - start) * 1e6) / CALLS)
  }
const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!
const [inner, outer] = [median(took['component']!), median(took['plain']!)]
console.log(`component to component: ${inner.toFixed(1)} ns a call`)
console.log(`core module to JavaScript: ${outer.toFixed(1)} ns a call`)
console.log(`ratio: ${(inner / outer).toFixed(2)}`)
