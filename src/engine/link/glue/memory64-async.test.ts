// The asynchronous ABI in memories of 64-bit addresses: calls, events, streams, error contexts, and pointers that lie.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {setImmediate as turn} from 'node:timers/promises'
import type {StringEncoding} from '../../component/component.ts'
import {blockingFunction} from '../imports.ts'
import {caller, prepare, rootImports, sandboxOf} from '../link.fixtures.ts'
import {type Address, libc, options, type Side} from './memory64.fixtures.ts'

const ENCODINGS: readonly StringEncoding[] = ['utf8', 'utf16', 'latin1+utf16']
const ADDRESSES: readonly Address[] = ['i32', 'i64']
const MEMORY = '(memory (core memory $libc "m"))'
const TYPE = 'async (param "a" string) (result string)'
const RESULT = 64
const EVENT = 96

const bytes = (address: Address): number => (address === 'i32' ? 4 : 8)

const FORMS = ['synchronous', 'stackful', 'callback'] as const
type Form = (typeof FORMS)[number]

/** Gives its string on to "f" by an asynchronous call, waits for it in its form, and gives back what comes back. */
function waiting(form: Form, {address: a, encoding}: Side): string {
  const give = `(call $return (${a}.load (${a}.const ${RESULT})) (${a}.load offset=${bytes(a)} (${a}.const ${RESULT})))`
  const over =
    '(call $drop (global.get $subtask)) (call $set-drop (global.get $set)) (global.set $subtask (i32.const 0))'
  const begin = `(local $status i32)
    (local.set $status (call $f (local.get $p) (local.get $n) (${a}.const ${RESULT})))
    (if (i32.ne (i32.and (local.get $status) (i32.const 15)) (i32.const 2)) (then
      (global.set $subtask (i32.shr_u (local.get $status) (i32.const 4)))
      (global.set $set (call $set-new))
      (call $join (global.get $subtask) (global.get $set))))`
  const wait = `(block $done (loop $more
      (br_if $done (i32.eqz (global.get $subtask)))
      (if (i32.ne (call $wait (global.get $set) (${a}.const ${EVENT})) (i32.const 1)) (then unreachable))
      (if (i32.eq (i32.load offset=4 (${a}.const ${EVENT})) (i32.const 2)) (then ${over}))
      (br $more)))`
  const again = '(i32.or (i32.const 2) (i32.shl (global.get $set) (i32.const 4)))'
  const body = {
    synchronous: `(result ${a}) ${begin} ${wait} (${a}.const ${RESULT})`,
    stackful: `${begin} ${wait} ${give}`,
    callback: `(result i32) ${begin}
      (if (result i32) (global.get $subtask) (then ${again}) (else ${give} (i32.const 0)))`,
  }[form]
  const lifting = {
    synchronous: '',
    stackful: 'async',
    callback: 'async (callback (core func $m "callback"))',
  }[form]
  return `
    (import "f" (func $f ${TYPE}))
    ${libc(a)}
    (core func $f' (canon lower (func $f) async ${options(encoding)}))
    (core func $return (canon task.return (result string) ${MEMORY} string-encoding=${encoding}))
    (core func $set-new (canon waitable-set.new))
    (core func $set-drop (canon waitable-set.drop))
    (core func $wait (canon waitable-set.wait ${MEMORY}))
    (core func $join (canon waitable.join))
    (core func $drop (canon subtask.drop))
    (core module $M
      (import "libc" "m" (memory ${a} 1))
      (import "" "f" (func $f (param ${a} ${a} ${a}) (result i32)))
      (import "" "return" (func $return (param ${a} ${a})))
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "set-drop" (func $set-drop (param i32)))
      (import "" "wait" (func $wait (param i32 ${a}) (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "drop" (func $drop (param i32)))
      (global $subtask (mut i32) (i32.const 0))
      (global $set (mut i32) (i32.const 0))
      (func (export "run") (param $p ${a}) (param $n ${a}) ${body})
      (func (export "callback") (param $event i32) (param $index i32) (param $state i32) (result i32)
        (if (i32.eq (local.get $state) (i32.const 2)) (then ${over} ${give} (return (i32.const 0))))
        ${again}))
    (core instance $m (instantiate $M (with "libc" (instance $libc)) (with "" (instance
      (export "f" (func $f')) (export "return" (func $return)) (export "set-new" (func $set-new))
      (export "set-drop" (func $set-drop)) (export "wait" (func $wait)) (export "join" (func $join))
      (export "drop" (func $drop))))))
    (func (export "run") ${TYPE} (canon lift (core func $m "run") ${options(encoding)} ${lifting}))`
}

describe('asynchronous calls between the host and guests of either address type', () => {
  for (const [i, form] of FORMS.entries())
    for (const [a, b] of [
      ['i64', 'i64'],
      ['i32', 'i64'],
      ['i64', 'i32'],
    ] as const)
      test(`${form}: ${a} → ${b}`, async () => {
        const encoding = (k: number) => ENCODINGS[(i + k) % 3]!
        const {call, sandbox} = await sandboxOf(
          `(component (import "f" (func $f ${TYPE}))
            (component $A ${waiting(form, {address: b, encoding: encoding(0)})})
            (component $B ${waiting(FORMS[(i + 1) % 3]!, {address: a, encoding: encoding(1)})})
            (instance $a (instantiate $A (with "f" (func $f))))
            (instance $b (instantiate $B (with "f" (func $a "run"))))
            (export "run" (func $b "run")))`,
          rootImports({
            f: blockingFunction(async (_, text: string) => {
              if (text !== 'at once') await turn()
              return `${text}!`
            }),
          }),
        )
        for (let event = 0; event < 3; event++) {
          for (const text of ['', 'at once', 'später', 'a butterfly 🦋'.repeat(500)])
            assert.equal(await call('run', text), `${text}!`)
          await sandbox.whenIdle()
          sandbox.restore()
          assert.ok(!sandbox.spent)
        }
      })
})

/** Waits for the end `$end` of a stream where `$got` says that it must, and leaves there what came of it. */
const awaited = (a: Address) => `
  (if (${a}.eq (local.get $got) (${a}.const 0xffffffff)) (then
    (call $join (local.get $end) (local.get $set))
    (drop (call $wait (local.get $set) (${a}.const ${EVENT})))
    (local.set $got ${a === 'i32' ? '' : '(i64.extend_i32_u'} (i32.load offset=4 (${a}.const ${EVENT}))${a === 'i32' ? '' : ')'})
    (call $join (local.get $end) (i32.const 0))))`

/** Makes a stream of n strings, the first k letters of "metamorphosis" for k from 0 to 9 and again. */
const source = (a: Address): string => {
  const [at, half] = [
    `(${a}.add (${a}.const 4096) (${a}.mul (local.get $i) (${a}.const ${2 * bytes(a)})))`,
    bytes(a),
  ]
  return `
    (type $s (stream string))
    ${libc(a)}
    (core func $new (canon stream.new $s))
    (core func $write (canon stream.write $s async ${options()}))
    (core func $drop (canon stream.drop-writable $s))
    (core func $return (canon task.return (result $s)))
    (core func $set-new (canon waitable-set.new))
    (core func $wait (canon waitable-set.wait ${MEMORY}))
    (core func $join (canon waitable.join))
    (core module $M
      (import "libc" "m" (memory ${a} 1))
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 ${a} ${a}) (result ${a})))
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "wait" (func $wait (param i32 ${a}) (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (data (${a}.const 512) "metamorphosis")
      (func (export "words") (param $n ${a})
        (local $i ${a}) (local $got ${a}) (local $end i32) (local $set i32) (local $packed i64)
        (local.set $packed (call $new))
        (local.set $end (i32.wrap_i64 (i64.shr_u (local.get $packed) (i64.const 32))))
        (local.set $set (call $set-new))
        (call $return (i32.wrap_i64 (local.get $packed)))
        (loop $fill
          (${a}.store ${at} (${a}.const 512))
          (${a}.store offset=${half} ${at} (${a}.rem_u (local.get $i) (${a}.const 10)))
          (local.set $i (${a}.add (local.get $i) (${a}.const 1)))
          (br_if $fill (${a}.lt_u (local.get $i) (local.get $n))))
        (local.set $i (${a}.const 0))
        (loop $more
          (local.set $got (call $write (local.get $end) ${at} (${a}.sub (local.get $n) (local.get $i))))
          ${awaited(a)}
          (local.set $i (${a}.add (local.get $i) (${a}.shr_u (local.get $got) (${a}.const 4))))
          (br_if $more (${a}.lt_u (local.get $i) (local.get $n))))
        (call $drop (local.get $end))))
    (core instance $m (instantiate $M (with "libc" (instance $libc)) (with "" (instance
      (export "new" (func $new)) (export "write" (func $write)) (export "drop" (func $drop)) (export "return" (func $return))
      (export "set-new" (func $set-new)) (export "wait" (func $wait)) (export "join" (func $join))))))
    (func (export "words") async (param "n" ${a === 'i32' ? 'u32' : 'u64'}) (result $s)
      (canon lift (core func $m "words") async))`
}

/** Gives all that it reads, three at a time. */
const sink = (a: Address): string => {
  const at = `(${a}.add (${a}.const 8192) (${a}.mul (local.get $i) (${a}.const ${2 * bytes(a)})))`
  return `
    (type $s (stream string))
    ${libc(a, {heap: 32_768})}
    (core func $read (canon stream.read $s async ${options('utf16')}))
    (core func $drop (canon stream.drop-readable $s))
    (core func $return (canon task.return (result (list string)) ${MEMORY} string-encoding=utf16))
    (core func $set-new (canon waitable-set.new))
    (core func $wait (canon waitable-set.wait ${MEMORY}))
    (core func $join (canon waitable.join))
    (core module $M
      (import "libc" "m" (memory ${a} 1))
      (import "" "read" (func $read (param i32 ${a} ${a}) (result ${a})))
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return (param ${a} ${a})))
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "wait" (func $wait (param i32 ${a}) (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (func (export "collect") (param $end i32) (local $i ${a}) (local $got ${a}) (local $set i32)
        (local.set $set (call $set-new))
        (loop $more
          (local.set $got (call $read (local.get $end) ${at} (${a}.const 3)))
          ${awaited(a)}
          (local.set $i (${a}.add (local.get $i) (${a}.shr_u (local.get $got) (${a}.const 4))))
          (br_if $more (${a}.eqz (${a}.and (local.get $got) (${a}.const 15)))))
        (call $drop (local.get $end))
        (call $return (${a}.const 8192) (local.get $i))))
    (core instance $m (instantiate $M (with "libc" (instance $libc)) (with "" (instance
      (export "read" (func $read)) (export "drop" (func $drop)) (export "return" (func $return))
      (export "set-new" (func $set-new)) (export "wait" (func $wait)) (export "join" (func $join))))))
    (func (export "collect") async (param "s" $s) (result (list string))
      (canon lift (core func $m "collect") async ${MEMORY} string-encoding=utf16))`
}

test('streams go from memories of either address type to the other, by copies that wait and that need not', async () => {
  for (const from of ADDRESSES)
    for (const to of ADDRESSES) {
      const sources = await sandboxOf(`(component ${source(from)})`)
      const sinks = await sandboxOf(`(component ${sink(to)})`)
      const both = await sandboxOf(`(component
        (component $From ${source(from)}) (instance $from (instantiate $From))
        (component $To ${sink(to)}) (instance $to (instantiate $To))
        (export "words" (func $from "words")) (export "collect" (func $to "collect")))`)
      for (const [source, sink] of [
        [sources, sinks],
        [both, both],
      ] as const)
        for (const count of [1, 3, 4, 100]) {
          const words = await source.call('words', from === 'i32' ? count : BigInt(count))
          const expected = Array.from({length: count}, (_, i) => 'metamorphosis'.slice(0, i % 10))
          assert.deepEqual(await sink.call('collect', words), expected, `${from} → ${to}`)
          await source.sandbox.whenIdle()
          source.sandbox.restore()
          sink.sandbox.restore()
        }
    }
})

test('the message of an error context is lifted and lowered in its memory', async () => {
  for (const a of ADDRESSES)
    for (const encoding of ENCODINGS) {
      const {call} = await sandboxOf(`(component
        ${libc(a)}
        (core func $new (canon error-context.new ${options(encoding)}))
        (core func $message (canon error-context.debug-message ${options(encoding)}))
        (core module $M
          (import "" "new" (func $new (param ${a} ${a}) (result i32)))
          (import "" "message" (func $message (param i32 ${a})))
          (func (export "run") (param ${a} ${a}) (result ${a})
            (call $message (call $new (local.get 0) (local.get 1)) (${a}.const 64))
            (${a}.const 64)))
        (core instance $m (instantiate $M (with "" (instance (export "new" (func $new)) (export "message" (func $message))))))
        (func (export "run") (param "a" string) (result string) (canon lift (core func $m "run") ${options(encoding)})))`)
      for (const text of ['', 'fünf', '🦋 🦋'])
        assert.equal(await call('run', text), text, `${a} ${encoding}`)
    }
})

/** Built-ins that are told pointers and lengths. */
const liar = (a: Address): string => {
  const number = a === 'i32' ? 'u32' : 'u64'
  const builtins: readonly [name: string, canon: string, signature: string, call: string][] = [
    [
      'poll',
      `waitable-set.poll ${MEMORY}`,
      `(param i32 ${a}) (result i32)`,
      '(drop (call $poll (call $set) (local.get $p)))',
    ],
    [
      'read',
      `stream.read $s async ${options()}`,
      `(param i32 ${a} ${a}) (result ${a})`,
      '(drop (call $read (i32.wrap_i64 (call $new)) (local.get $p) (local.get $n)))',
    ],
    [
      'write',
      `stream.write $s async ${options()}`,
      `(param i32 ${a} ${a}) (result ${a})`,
      '(drop (call $write (i32.wrap_i64 (i64.shr_u (call $new) (i64.const 32))) (local.get $p) (local.get $n)))',
    ],
    [
      'read-future',
      `future.read $f async ${options()}`,
      `(param i32 ${a}) (result i32)`,
      '(drop (call $read-future (i32.wrap_i64 (call $new-future)) (local.get $p)))',
    ],
    [
      'write-future',
      `future.write $f async ${options()}`,
      `(param i32 ${a}) (result i32)`,
      '(drop (call $write-future (i32.wrap_i64 (i64.shr_u (call $new-future) (i64.const 32))) (local.get $p)))',
    ],
    [
      'error',
      `error-context.new ${options()}`,
      `(param ${a} ${a}) (result i32)`,
      '(drop (call $error (local.get $p) (local.get $n)))',
    ],
    [
      'message',
      `error-context.debug-message ${options()}`,
      `(param i32 ${a})`,
      `(call $message (call $error (${a}.const 0) (${a}.const 0)) (local.get $p))`,
    ],
    [
      'slow',
      `lower (func $slow) async ${options()}`,
      `(param ${a}) (result i32)`,
      '(drop (call $slow (local.get $p)))',
    ],
    ['set', 'waitable-set.new', '(result i32)', ''],
    ['new', 'stream.new $s', '(result i64)', ''],
    ['new-future', 'future.new $f', '(result i64)', ''],
  ]
  const told = builtins.filter(([, , , call]) => call !== '')
  return `(component
    (import "slow" (func $slow async (result u64)))
    ${libc(a)}
    (type $s (stream u64)) (type $f (future string))
    ${builtins.map(([name, canon]) => `(core func $${name} (canon ${canon}))`).join('\n')}
    (core module $M
      ${builtins.map(([name, , signature]) => `(import "" "${name}" (func $${name} ${signature}))`).join('\n')}
      ${told.map(([name, , , call]) => `(func (export "${name}") (param $p ${a}) (param $n ${a}) ${call})`).join('\n')})
    (core instance $m (instantiate $M (with "" (instance
      ${builtins.map(([name]) => `(export "${name}" (func $${name}))`).join(' ')}))))
    ${told.map(([name]) => `(func (export "${name}") (param "p" ${number}) (param "n" ${number}) (canon lift (core func $m "${name}")))`).join('\n')})`
}

test('built-ins trap at pointers and lengths beyond the memory, however great', async () => {
  const BIG = 2n ** 32n
  const MOST = 2n ** 64n
  const [OUT, CROOKED] = ['TRAP_OUT_OF_BOUNDS', 'TRAP_MISALIGNED']
  const table: [name: string, wide: [bigint, bigint], narrow: [number, number] | undefined, code: string][] =
    [
      ['poll', [65_532n, 0n], [65_532, 0], OUT],
      ['poll', [2n, 0n], [2, 0], CROOKED],
      ['poll', [BIG, 0n], undefined, OUT],
      ['poll', [MOST - 8n, 0n], [2 ** 32 - 8, 0], OUT],
      ...['read', 'write'].flatMap((name): typeof table => [
        [name, [65_536n, 1n], [65_536, 1], OUT],
        [name, [4n, 1n], [4, 1], CROOKED],
        [name, [0n, 2n ** 28n], [0, 2 ** 28], OUT],
        [name, [0n, BIG + 1n], undefined, OUT],
        [name, [0n, 2n ** 61n + 1n], [0, 2 ** 29 + 1], OUT],
        [name, [BIG, 1n], undefined, OUT],
        [name, [MOST - 8n, 2n], [2 ** 32 - 8, 2], OUT],
      ]),
      ...['read-future', 'write-future', 'message'].flatMap((name): typeof table => [
        [name, [65_528n, 0n], [65_532, 0], OUT],
        [name, [4n, 0n], [2, 0], CROOKED],
        [name, [BIG, 0n], undefined, OUT],
        [name, [MOST - 16n, 0n], [2 ** 32 - 8, 0], OUT],
      ]),
      ['error', [65_536n, 1n], [65_536, 1], OUT],
      ['error', [0n, BIG], undefined, OUT],
      ['error', [BIG, 1n], undefined, OUT],
      ['slow', [65_532n, 0n], [65_532, 0], CROOKED],
      ['slow', [65_536n, 0n], [65_536, 0], OUT],
      ['slow', [BIG + 8n, 0n], undefined, OUT],
    ]
  for (const address of ADDRESSES) {
    const {linked} = await sandboxOf(liar(address), rootImports({slow: blockingFunction(() => 7n)}))
    for (const [name, wide, narrow, code] of table) {
      const args = address === 'i64' ? wide : narrow
      if (args === undefined) continue
      const sandbox = prepare(linked).make()
      await assert.rejects(
        async () => caller(linked, sandbox)(name, ...args),
        {code},
        `${address} ${name} ${args}`,
      )
    }
  }
})
