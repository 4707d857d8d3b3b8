// bench/composition.ts: what a call from one component to another in the same sandbox costs where it passes numbers, as a
// multiple of a plain call: one from a core instance to another that was given its function, with no component around.
//
//     node bench/composition.ts [--explain]
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
const ROUNDS = 15
/** At most so many times a plain call. */
const BAR = 3

type Kind = Readonly<{
  name: string
  wit: readonly [param: string, result: string]
  core: 'i32' | 'i64' | 'f32' | 'f64'
  /** The caller has a realloc, while which it must not call: looked at in each call. */
  realloc: boolean
}>

const KINDS: readonly Kind[] = [
  {name: 'u32', wit: ['u32', 'u32'], core: 'i32', realloc: false},
  {name: 'u32, from a caller with realloc', wit: ['u32', 'u32'], core: 'i32', realloc: true},
  {name: 's64, from a caller with realloc', wit: ['s64', 's64'], core: 'i64', realloc: true},
  {name: 'f64, from a caller with realloc', wit: ['f64', 'f64'], core: 'f64', realloc: true},
  {name: 'char → bool, from a caller with realloc', wit: ['char', 'bool'], core: 'i32', realloc: true},
]

const callee = (core: Kind['core']): string =>
  `(func (export "f") (param ${core}) (result ${core}) (${core}.add (local.get 0) (${core}.const 1)))`

/** Calls `f` as often as it is told. */
const loop = (core: Kind['core']): string => `
  (import "" "f" (func $f (param ${core}) (result ${core})))
  (memory (export "m") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "run") (param $n i32) (param i32) (result i32) (local $x ${core})
    (loop $more
      (local.set $x (call $f (${core}.const 65)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $more (local.get $n)))
    (local.get $n))`

const composed = ({wit: [param, result], core, realloc}: Kind): string => `(component
  (component $Callee
    (core module $M ${callee(core)})
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" ${param}) (result ${result}) (canon lift (core func $m "f"))))
  (component $Caller
    (import "f" (func $f (param "x" ${param}) (result ${result})))
    (core func $f' (canon lower (func $f)))
    (core module $M ${loop(core)})
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (param "n" u32) (param "unused" u32) (result u32) (canon lift (core func $m "run")
      ${realloc ? '(memory (core memory $m "m")) (realloc (core func $m "realloc"))' : ''})))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))`

async function component(kind: Kind): Promise<(n: number) => unknown> {
  const decoded = decodeComponent(await parse(composed(kind)))
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
  return n => sandbox.call(index, n, 0)
}

async function plain({core}: Kind, given?: (x: never) => unknown): Promise<(n: number) => unknown> {
  const instance = async (text: string, imports = {}) =>
    new WebAssembly.Instance(new WebAssembly.Module(await parse(`(module ${text})`)), imports).exports
  const f = given ?? (await instance(callee(core)))['f']
  const {run} = (await instance(loop(core), {'': {f}})) as {run: (n: number, unused: number) => unknown}
  return n => run(n, 0)
}

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!
let worst = 0
for (const kind of KINDS) {
  const contenders = {
    component: await component(kind),
    plain: await plain(kind),
    javascript: await plain(kind, (x: never) => x),
  }
  const took = {component: [] as number[], plain: [] as number[], javascript: [] as number[]}
  for (let round = 0; round < ROUNDS; round++)
    for (const name of ['component', 'plain', 'javascript'] as const) {
      const start = performance.now()
      contenders[name](CALLS)
      // The first rounds run code that is not optimised yet.
      if (round > 4) took[name].push(((performance.now() - start) * 1e6) / CALLS)
    }
  const [inner, floor, javascript] = [
    median(took.component),
    median(took.plain),
    kind.core === 'i64' ? undefined : median(took.javascript),
  ]
  worst = Math.max(worst, inner / floor)
  const beside = javascript === undefined ? '' : `; core to JavaScript ${javascript.toFixed(1)} ns`
  console.log(
    `${kind.name}: ${inner.toFixed(1)} ns, plain ${floor.toFixed(1)} ns: ${(inner / floor).toFixed(2)} times${beside}`,
  )
}
console.log(
  `the most: ${worst.toFixed(2)} times a plain call; the bar is ${BAR}: ${worst <= BAR ? 'reached' : 'missed'}`,
)
