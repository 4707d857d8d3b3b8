// test/reference/async-pair.ts: two components that pass on lists by asynchronous calls, host → A → B → host and back:
// lifted in each of the three forms, lowered synchronously or not.
import {virtualPages} from '../../src/engine/snapshot/adopt-instance.ts'
import type {Encoding, Side} from './canonical.ts'
import {linkText} from './pair.ts'
import {type Type, TypeText} from './type.ts'

export const FORMS = ['sync', 'stackful', 'callback'] as const

export type AsyncGuest = Readonly<{
  encoding: Encoding
  form: (typeof FORMS)[number]
  /** Whether its call of the next one is asynchronous. */
  lowersAsync: boolean
}>

/** The elements of one or two lists, and those of the list that comes back. */
export type AsyncSpec = Readonly<{params: readonly Type[]; result: Type; a: AsyncGuest; b: AsyncGuest}>

/** Where a guest has the pointer and length of its result, an event, and its heap. */
const RESULT = 16
const EVENT = 32
const HEAP = 1024

/** The guest's text behind the imports of its scope; `func` and `list` are the types that it is called by. */
export function guest(
  {params}: Pick<AsyncSpec, 'params'>,
  {encoding, form, lowersAsync}: AsyncGuest,
  func: string,
  list: string,
): string {
  const flat = params.flatMap((_, i) => [2 * i, 2 * i + 1])
  const memory = '(memory (core memory $libc "m"))'
  const options = `${memory} (realloc (core func $libc "realloc")) string-encoding=${encoding}`
  const param = flat.length === 0 ? '' : `(param${' i32'.repeat(flat.length)})`
  const globals = flat.map(i => `(global.get $g${i})`).join(' ')
  const give = `(call $return (i32.load (i32.const ${RESULT})) (i32.load (i32.const ${RESULT + 4})))`
  const call = `(call $next ${globals} (i32.const ${RESULT}))`
  const start = lowersAsync
    ? `(local.set $status ${call})
       (if (i32.ne (i32.and (local.get $status) (i32.const 15)) (i32.const 2)) (then
         (global.set $subtask (i32.shr_u (local.get $status) (i32.const 4)))
         (global.set $set (call $set-new))
         (call $join (global.get $subtask) (global.get $set))))`
    : call
  const isOver = `(call $join (global.get $subtask) (i32.const 0)) (call $subtask-drop (global.get $subtask))
    (call $set-drop (global.get $set)) (global.set $subtask (i32.const 0))`
  const wait = `(block $over (loop $more
      (br_if $over (i32.eqz (global.get $subtask)))
      (if (i32.and
            (i32.eq (call $wait (global.get $set) (i32.const ${EVENT})) (i32.const 1))
            (i32.eq (i32.load (i32.const ${EVENT + 4})) (i32.const 2)))
        (then ${isOver}))
      (br $more)))`
  const again = '(i32.or (i32.const 2) (i32.shl (global.get $set) (i32.const 4)))'
  const body = {
    sync: `(result i32) (local $status i32) SAVE ${start} ${wait} (i32.const ${RESULT})`,
    stackful: `(local $status i32) SAVE ${start} ${wait} ${give}`,
    callback: `(result i32) (local $status i32) SAVE ${start}
      (if (result i32) (global.get $subtask) (then ${again}) (else ${give} (i32.const 0)))`,
  }[form].replace('SAVE', flat.map(i => `(global.set $g${i} (local.get ${i}))`).join(' '))
  const lifting = {
    sync: '',
    stackful: 'async',
    callback: 'async (callback (core func $main "callback"))',
  }[form]
  return `
    (core module $Libc
      (memory (export "m") 1)
      (global $heap (mut i32) (i32.const ${HEAP}))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (if (i32.eq (i32.const -1) (memory.grow (i32.const 1))) (then unreachable))
        (local.set $at (i32.and
          (i32.add (global.get $heap) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
        (global.set $heap (i32.add (local.get $at) (local.get 3)))
        (memory.copy (local.get $at) (local.get 0)
          (select (local.get 3) (local.get 1) (i32.lt_u (local.get 3) (local.get 1))))
        (local.get $at)))
    (core instance $libc (instantiate $Libc))
    (core func $next' (canon lower (func $next) ${options} ${lowersAsync ? 'async' : ''}))
    (core func $return (canon task.return (result ${list}) ${memory} string-encoding=${encoding}))
    (core func $set-new (canon waitable-set.new))
    (core func $set-drop (canon waitable-set.drop))
    (core func $wait (canon waitable-set.wait ${memory}))
    (core func $join (canon waitable.join))
    (core func $subtask-drop (canon subtask.drop))
    (core module $Main
      (import "libc" "m" (memory 1))
      (import "" "next" (func $next (param${' i32'.repeat(flat.length + 1)}) ${lowersAsync ? '(result i32)' : ''}))
      (import "" "return" (func $return (param i32 i32)))
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "set-drop" (func $set-drop (param i32)))
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "subtask-drop" (func $subtask-drop (param i32)))
      (global $subtask (mut i32) (i32.const 0))
      (global $set (mut i32) (i32.const 0))
      ${flat.map(i => `(global $g${i} (export "g${i}") (mut i32) (i32.const 0))`).join(' ')}
      (func (export "run") ${param} ${body})
      (func (export "callback") (param $event i32) (param $index i32) (param $state i32) (result i32)
        (if (result i32) (i32.and (i32.eq (local.get $event) (i32.const 1)) (i32.eq (local.get $state) (i32.const 2)))
          (then ${isOver} ${give} (i32.const 0))
          (else ${again}))))
    (core instance $main (instantiate $Main (with "libc" (instance $libc)) (with "" (instance
      (export "next" (func $next')) (export "return" (func $return)) (export "set-new" (func $set-new))
      (export "set-drop" (func $set-drop)) (export "wait" (func $wait)) (export "join" (func $join))
      (export "subtask-drop" (func $subtask-drop))))))
    (func (export "run") ${func} (canon lift (core func $main "run") ${options} ${lifting}))`
}

export function asyncPairText(spec: AsyncSpec): string {
  const text = new TypeText()
  const params = spec.params.map((type, i) => `(param "p${i}" (list ${text.of(type)}))`)
  const list = `(list ${text.of(spec.result)})`
  const func = `async ${params.join(' ')} (result ${list})`
  const scope = `(import "r" (type $r (sub resource)))
    ${text.definitions.join('\n    ')}
    (import "next" (func $next ${func}))`
  const args = `(with "r" (type $r)) ${text.args.join(' ')}`
  return `(component
    ${scope}
  (component $B
    ${scope}${guest(spec, spec.b, func, list)})
  (component $A
    ${scope}${guest(spec, spec.a, func, list)})
  (instance $b (instantiate $B ${args} (with "next" (func $next))))
  (instance $a (instantiate $A ${args} (with "next" (func $b "run"))))
  (export "run" (func $a "run")))`
}

/** What a guest was given and what it gave back, as pointers and lengths, and its memory. */
export type Seen = Readonly<{side: Side; params: () => bigint[]; result: () => bigint[]}>

export type AsyncPair = Readonly<{a: Seen; b: Seen; run: (...args: unknown[]) => unknown}>

export async function linkAsyncPair(
  spec: AsyncSpec,
): Promise<(host: (...args: unknown[]) => unknown) => AsyncPair> {
  const make = await linkText(asyncPairText(spec), {validate: true, mayBlock: true})
  return host => {
    const {cores, at} = make(host)
    const seen = ({encoding}: AsyncGuest, libc: number): Seen => {
      const memory = cores[libc]!['m'] as WebAssembly.Memory
      const bytes = () => new Uint8Array(memory.buffer, 0, Number(virtualPages(memory).value) * 65_536)
      const word = (address: number) => BigInt(new DataView(memory.buffer).getUint32(address, true))
      const global = (i: number) => BigInt((cores[libc + 1]![`g${i}`] as WebAssembly.Global).value >>> 0)
      const allocate = () => {
        throw new Error('nothing is lowered here')
      }
      return {
        side: {encoding, pointer: 'i32', bytes, allocate},
        params: () => spec.params.flatMap((_, i) => [global(2 * i), global(2 * i + 1)]),
        result: () => [word(RESULT), word(RESULT + 4)],
      }
    }
    return {b: seen(spec.b, 0), a: seen(spec.a, 2), run: at('run')}
  }
}
