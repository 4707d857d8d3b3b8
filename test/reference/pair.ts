// test/reference/pair.ts: two components that pass on what they are given, host → A → B → host and back, and show the
// core values and the memory that they see.
import {parse} from '@bytecodealliance/jco'
import {Call} from '../../src/engine/call.ts'
import {decodeComponent} from '../../src/engine/component/decode.ts'
import {validateComponent} from '../../src/engine/component/validate.ts'
import {Guard} from '../../src/engine/link/guard.ts'
import {type HostItem, hostResource} from '../../src/engine/link/imports.ts'
import {type GuestFunction, LinkedComponent} from '../../src/engine/link/linked-component.ts'
import {ModuleCache} from '../../src/engine/link/module-cache.ts'
import {Runtime} from '../../src/engine/link/runtime.ts'
import {StackFunction, stacks} from '../../src/engine/link/stacks.ts'
import {adoptInstance, applyData, virtualPages} from '../../src/engine/snapshot/adopt-instance.ts'
import {Store} from '../../src/engine/store.ts'
import {type Core, type Encoding, flatten, type Pointer, type Side, size} from './canonical.ts'
import {type Type, TypeText} from './type.ts'

export type Abi = Readonly<{encoding: Encoding; pointer: Pointer}>
export type Spec = Readonly<{
  params: readonly Type[]
  result: Type | undefined
  a: Abi
  b: Abi
  /** Whether the host may let the guests wait. */
  mayBlock: boolean
}>

/** Where the reference may put what it lowers; the guests' own heaps begin behind. */
export const REFERENCE_START = 1024
export const HEAP_START = 131_072
export const PAGES = 4

const BITS: Readonly<Record<Core, 'i32' | 'i64'>> = {i32: 'i32', i64: 'i64', f32: 'i32', f64: 'i64'}
const toBits = (core: Core, text: string) =>
  core[0] === 'f' ? `(${BITS[core]}.reinterpret_${core} ${text})` : text
const fromBits = (core: Core, text: string) =>
  core[0] === 'f' ? `(${core}.reinterpret_${BITS[core]} ${text})` : text

/** The core types of a guest's parameters and result, and whether the result lies in memory. */
function signature({params, result}: Spec, pointer: Pointer) {
  const flatParams = params.flatMap(type => flatten(type, pointer))
  const flatResult = result === undefined ? [] : flatten(result, pointer)
  const spilled = flatResult.length > 1
  return {
    params: flatParams.length > 16 ? [pointer] : flatParams,
    result: spilled ? pointer : flatResult[0],
    spilled,
  }
}

/** A guest's memory, and the heap in it, from which nothing is ever freed. */
export const libcText = (p: Pointer, data = ''): string => `(core module $Libc
      (memory (export "m") ${p === 'i64' ? 'i64' : ''} ${PAGES})${data}
      (global $heap (mut ${p}) (${p}.const ${HEAP_START}))
      (func (export "realloc") (param $old ${p}) (param $old-size ${p}) (param $align ${p}) (param $size ${p}) (result ${p})
        (local $at ${p})
        (if (${p}.eq (${p}.const -1) (memory.grow (${p}.add (${p}.const 1) (${p}.shr_u (local.get $size) (${p}.const 16)))))
          (then unreachable))
        (local.set $at (${p}.and (${p}.add (global.get $heap) (${p}.sub (local.get $align) (${p}.const 1)))
          (${p}.sub (${p}.const 0) (local.get $align))))
        (global.set $heap (${p}.add (local.get $at) (local.get $size)))
        (memory.copy (local.get $at) (local.get $old)
          (select (local.get $size) (local.get $old-size) (${p}.lt_u (local.get $size) (local.get $old-size))))
        (local.get $at)))
    (core instance $libc (instantiate $Libc))`

/** The guest's text behind the imports of its scope; `func` is the type that it is called by. */
export function body(spec: Spec, {encoding, pointer}: Abi, func: string): string {
  const {params, result, spilled} = signature(spec, pointer)
  const p = pointer
  const globals = params.map((_, i) => `(global.get $g${i})`)
  const args = params.map((core, i) => fromBits(core, globals[i]!))
  const sig = (types: readonly Core[], to: Core | undefined) =>
    `${types.map(type => `(param ${type})`).join(' ')} ${to === undefined ? '' : `(result ${to})`}`
  const bytes = spec.result === undefined ? 0 : size(spec.result, p)
  const call = spilled
    ? `(global.set $ret (call $realloc (${p}.const 0) (${p}.const 0) (${p}.const 8) (${p}.const ${bytes})))
      (call $next ${args.join(' ')} (global.get $ret))`
    : result === undefined
      ? `(call $next ${args.join(' ')})`
      : `(global.set $ret ${toBits(result, `(call $next ${args.join(' ')})`)})`
  const options = `(memory (core memory $libc "m")) (realloc (core func $libc "realloc")) string-encoding=${encoding}`
  const reallocType = `(param ${p} ${p} ${p} ${p}) (result ${p})`
  return `
    ${libcText(p)}
    (core func $next' (canon lower (func $next) ${options}))
    (core func $drop (canon resource.drop $r))
    (core module $Main
      (import "libc" "realloc" (func $realloc ${reallocType}))
      (import "" "next" (func $next ${spilled ? sig([...params, p], undefined) : sig(params, result)}))
      (import "" "drop" (func $drop (param i32)))
      ${params.map((core, i) => `(global $g${i} (export "g${i}") (mut ${BITS[core]}) (${BITS[core]}.const 0))`).join('\n      ')}
      ${result === undefined ? '' : `(global $ret (export "ret") (mut ${BITS[result]}) (${BITS[result]}.const 0))`}
      (global $drops (export "drops") (mut i32) (i32.const 0))
      (func (export "run") ${sig(params, result)}
        ${params.map((core, i) => `(global.set $g${i} ${toBits(core, `(local.get ${i})`)})`).join('\n        ')}
        (call $go)
        ${result === undefined ? '' : fromBits(result, '(global.get $ret)')})
      (func $go (export "go")
        ${call}
        (block $done (loop $more
          (br_if $done (i32.eqz (global.get $drops)))
          (call $drop (global.get $drops))
          (global.set $drops (i32.sub (global.get $drops) (i32.const 1)))
          (br $more)))))
    (core instance $main (instantiate $Main (with "libc" (instance $libc))
      (with "" (instance (export "next" (func $next')) (export "drop" (func $drop))))))
    (func (export "run") ${func} (canon lift (core func $main "run") ${options}))
    (func (export "go") (canon lift (core func $main "go")))`
}

export function funcText(text: TypeText, {params, result}: Pick<Spec, 'params' | 'result'>): string {
  const each = params.map((type, i) => `(param "p${i}" ${text.of(type)})`)
  return `${each.join(' ')} ${result === undefined ? '' : `(result ${text.of(result)})`}`
}

export function pairText(spec: Spec): string {
  const text = new TypeText()
  const func = funcText(text, spec)
  const scope = `(import "r" (type $r (sub resource)))
    ${text.definitions.join('\n    ')}
    (import "next" (func $next ${func}))`
  const args = `(with "r" (type $r)) ${text.args.join(' ')}`
  return `(component
    ${scope}
  (component $B
    ${scope}${body(spec, spec.b, func)})
  (component $A
    ${scope}${body(spec, spec.a, func)})
  (instance $b (instantiate $B ${args} (with "next" (func $next))))
  (instance $a (instantiate $A ${args} (with "next" (func $b "run"))))
  (export "run" (func $a "run"))
  (export "go" (func $b "go")))`
}

/** One guest of an instantiated pair: core values as bits, and its memory as the reference sees it. */
export type Guest = Readonly<{
  side: Side
  params: () => bigint[]
  setParams: (bits: readonly bigint[]) => void
  result: () => bigint[]
  setDrops: (count: number) => void
}>

export type Pair = Readonly<{
  a: Guest
  b: Guest
  run: (...args: unknown[]) => unknown
  go: () => unknown
}>

const modules = new ModuleCache()

const callable =
  (func: GuestFunction) =>
  (...args: unknown[]): unknown => {
    if (typeof func === 'function') return func(...args)
    const call = new Call()
    if (func instanceof StackFunction) {
      func.prepare(call, args)
      stacks.runOne(func)
    } else func.call(call, args)
    return call.outcome()
  }

/** A linked pair made anew: the exports of its core instances in order, and its functions by name. */
export type Made = Readonly<{
  cores: readonly WebAssembly.Exports[]
  at: (name: string) => (...args: unknown[]) => unknown
}>

type LinkOptions = Readonly<{validate: boolean; mayBlock: boolean}>
type Link = (host: (...args: unknown[]) => unknown) => Made

export const linkText = async (text: string, options: LinkOptions): Promise<Link> =>
  linkBinary(await parse(text), options)

/**
 * Links a component that may import the resource `r` and the function `next`; the function that it returns makes fresh
 * instances, which call `host` for `next`.
 */
export function linkBinary(bytes: Uint8Array, options: LinkOptions): Link {
  const component = decodeComponent(bytes)
  if (options.validate) validateComponent(component)
  let target: (...args: unknown[]) => unknown = () => undefined
  const root = new Map<string, HostItem>([
    ['next', {kind: 'function', call: (_, ...args) => target(...args), mayBlock: options.mayBlock}],
    ['r', hostResource()],
  ])
  const linked = new LinkedComponent(component, {
    imports: new Map([['$root', root]]),
    who: 'the pair',
    modules,
  })
  return host => {
    target = host
    const runtime = new Runtime({
      store: new Store(),
      guard: new Guard(),
      instances: linked.instances,
      parents: linked.parents,
      hostResources: linked.hostResources,
    })
    const steps = linked.instantiate(runtime)
    const cores: WebAssembly.Exports[] = []
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        const functions = step.value
        return {cores, at: name => callable(functions[linked.findExport(undefined, name)!]!)}
      }
      const {instance, exports} = step.value
      adoptInstance(linked.leanModules[instance]!, exports)
      applyData(linked.leanModules[instance]!, exports)
      cores[instance] = exports
    }
  }
}

export async function linkPair(spec: Spec): Promise<(host: (...args: unknown[]) => unknown) => Pair> {
  // Validation lets no 64-bit memory through to the canonical ABI yet; the glue is ready for them.
  const validate = spec.a.pointer === 'i32' && spec.b.pointer === 'i32'
  const make = await linkText(pairText(spec), {validate, mayBlock: spec.mayBlock})
  return host => {
    const {cores, at} = make(host)
    const guest = (abi: Abi, libc: number) => guestOf(spec, abi, cores[libc]!, cores[libc + 1]!)
    return {b: guest(spec.b, 0), a: guest(spec.a, 2), run: at('run'), go: at('go') as () => unknown}
  }
}

function guestOf(spec: Spec, abi: Abi, libc: WebAssembly.Exports, main: WebAssembly.Exports): Guest {
  const {params, result} = signature(spec, abi.pointer)
  const memory = libc['m'] as WebAssembly.Memory
  const global = (name: string) => main[name] as WebAssembly.Global
  const width = (core: Core) => (BITS[core] === 'i32' ? 32 : 64)
  const read = (core: Core, name: string) => BigInt.asUintN(width(core), BigInt(global(name).value as number))
  let heap = REFERENCE_START
  return {
    side: {
      ...abi,
      bytes: () => new Uint8Array(memory.buffer, 0, Number(virtualPages(memory).value) * 65_536),
      allocate(align, bytes) {
        const at = Math.ceil(heap / align) * align
        heap = at + bytes
        if (heap > HEAP_START) throw new Error('the values are too large for the test')
        return at
      },
    },
    params: () => params.map((core, i) => read(core, `g${i}`)),
    setParams(bits) {
      params.forEach((core, i) => {
        const value = BigInt.asIntN(width(core), bits[i]!)
        global(`g${i}`).value = BITS[core] === 'i32' ? Number(value) : value
      })
    },
    result: () => (result === undefined ? [] : [read(result, 'ret')]),
    setDrops(count) {
      global('drops').value = count
    },
  }
}
