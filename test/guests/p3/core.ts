// guests/p3/core.ts: core modules of WASI 0.3 written by hand: what they import is what they mention.
//
// The text defines `$handle (param $request i32) (result i32)`, which becomes the handler in the callback form, and
// `$callback (param $event i32) (param $index i32) (param $payload i32) (result i32)`; or, in the stackful form, a
// `$handle` without result. Bytes 0..1023 are for results, 1024..4095 the guest's data, and the heap starts at 4096.

const TYPES = 'wasi:http/types@0.3.0'
const HANDLER = '[export]wasi:http/handler@0.3.0'
const CLOCK = 'wasi:clocks/monotonic-clock@0.3.0'

const params = (count: number, result = false): string =>
  `${count === 0 ? '' : `(param${' i32'.repeat(count)})`}${result ? ' (result i32)' : ''}`

/** Of the streams and futures that are mentioned in the type of `func`, the one with `index`. */
const ends = (prefix: string, kind: 'stream' | 'future', index: number, func: string) =>
  ({
    [`${prefix}.new`]: [TYPES, `[${kind}-new-${index}]${func}`, '(result i64)'],
    [`${prefix}.read`]: [
      TYPES,
      `[async-lower][${kind}-read-${index}]${func}`,
      params(kind === 'stream' ? 3 : 2, true),
    ],
    [`${prefix}.write`]: [
      TYPES,
      `[async-lower][${kind}-write-${index}]${func}`,
      params(kind === 'stream' ? 3 : 2, true),
    ],
    [`${prefix}.read-sync`]: [
      TYPES,
      `[${kind}-read-${index}]${func}`,
      params(kind === 'stream' ? 3 : 2, true),
    ],
    [`${prefix}.write-sync`]: [
      TYPES,
      `[${kind}-write-${index}]${func}`,
      params(kind === 'stream' ? 3 : 2, true),
    ],
    [`${prefix}.drop-writable`]: [TYPES, `[${kind}-drop-writable-${index}]${func}`, params(1)],
    [`${prefix}.drop-readable`]: [TYPES, `[${kind}-drop-readable-${index}]${func}`, params(1)],
  }) as const

/** By the name that the text calls: module, name and core type. */
const FUNCTIONS: Readonly<Record<string, readonly [module: string, name: string, type: string]>> = {
  'fields.new': [TYPES, '[constructor]fields', params(0, true)],
  'fields.append': [TYPES, '[method]fields.append', params(6)],
  'request.path': [TYPES, '[method]request.get-path-with-query', params(2)],
  'request.consume-body': [TYPES, '[static]request.consume-body', params(3)],
  'request.drop': [TYPES, '[resource-drop]request', params(1)],
  'response.new': [TYPES, '[static]response.new', params(5)],
  'response.set-status': [TYPES, '[method]response.set-status-code', params(2, true)],
  'response.drop': [TYPES, '[resource-drop]response', params(1)],
  ...ends('body', 'stream', 0, '[static]response.new'),
  ...ends('trailers', 'future', 1, '[static]response.new'),
  ...ends('sent', 'future', 2, '[static]response.new'),
  ...ends('consumed', 'future', 0, '[static]request.consume-body'),
  ...ends('contents', 'stream', 1, '[static]request.consume-body'),
  'oldest.random': ['wasi_snapshot_preview1', 'random_get', params(2, true)],
  'older.random': ['wasi:random/random@0.2.12', 'get-random-u64', '(result i64)'],
  'older.now': ['wasi:clocks/monotonic-clock@0.2.12', 'now', '(result i64)'],
  'clock.wait-for': [CLOCK, '[async-lower]wait-for', '(param i64) (result i32)'],
  return: [HANDLER, '[task-return]handle', '(param i32 i32 i32 i64 i32 i32 i32 i32)'],
  'set.new': ['$root', '[waitable-set-new]', params(0, true)],
  'set.wait': ['$root', '[waitable-set-wait]', params(2, true)],
  'set.drop': ['$root', '[waitable-set-drop]', params(1)],
  join: ['$root', '[waitable-join]', params(2)],
  'subtask.drop': ['$root', '[subtask-drop]', params(1)],
  'context.get': ['$root', '[context-get-0]', params(0, true)],
  'context.set': ['$root', '[context-set-0]', params(1)],
}

/** Core functions that are added where they are mentioned. */
const HELPERS: Readonly<Record<string, string>> = {
  /** Headers with one field, whose name and value are in memory. */
  headers: `(func $headers (param $name i32) (param $name-len i32) (param $value i32) (param $value-len i32) (result i32)
      (local $fields i32)
      (local.set $fields (call $fields.new))
      (call $fields.append (local.get $fields) (local.get $name) (local.get $name-len)
        (local.get $value) (local.get $value-len) (i32.const 0))
      (local.get $fields))`,
  /** Returns a response with these headers; what its contents are to be written to is then in the globals. */
  respond: `(global $out (mut i32) (i32.const 0)) (global $tail (mut i32) (i32.const 0)) (global $sent (mut i32) (i32.const 0))
    (func $respond (param $fields i32)
      (local $stream i64) (local $future i64)
      (local.set $stream (call $body.new))
      (local.set $future (call $trailers.new))
      (call $response.new (local.get $fields) (i32.const 1) (i32.wrap_i64 (local.get $stream))
        (i32.wrap_i64 (local.get $future)) (i32.const 0))
      (global.set $out (i32.wrap_i64 (i64.shr_u (local.get $stream) (i64.const 32))))
      (global.set $tail (i32.wrap_i64 (i64.shr_u (local.get $future) (i64.const 32))))
      (global.set $sent (i32.load (i32.const 4)))
      (call $sent.drop-readable (global.get $sent))
      (call $return-ok (i32.load (i32.const 0))))`,
  'return-ok': `(func $return-ok (param $response i32)
      (call $return (i32.const 0) (local.get $response)
        (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))`,
  /** Ends the contents without trailers; the future's reader is there already. */
  finish: `(func $finish
      (call $body.drop-writable (global.get $out))
      (i64.store (i32.const 256) (i64.const 0))
      (i64.store (i32.const 264) (i64.const 0))
      (drop (call $trailers.write (global.get $tail) (i32.const 256)))
      (call $trailers.drop-writable (global.get $tail)))`,
  /** Code of the callback form: waits for the waitable \`$index\` alone. */
  'wait-for': `(func $wait-for (param $index i32) (result i32)
      (local $set i32)
      (local.set $set (call $set.new))
      (call $join (local.get $index) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))`,
}

const mentions = (text: string, name: string): boolean =>
  new RegExp(`\\$${name.replaceAll('.', '\\.')}(?![\\w.-])`).test(text)

function whole(text: string): string {
  const used = new Set<string>()
  let found = text
  for (;;) {
    const next = Object.keys(HELPERS).find(name => !used.has(name) && mentions(found, name))
    if (next === undefined) return found
    used.add(next)
    found += `\n    ${HELPERS[next]!}`
  }
}

export type Form = 'callback' | 'stackful'

export function coreText(main: string, form: Form = 'callback'): string {
  const text = whole(main)
  const imports = Object.entries(FUNCTIONS)
    .filter(([name]) => mentions(text, name))
    .map(([name, [module, item, type]]) => `(import "${module}" "${item}" (func $${name} ${type}))`)
  const name = 'wasi:http/handler@0.3.0#handle'
  const exports =
    form === 'callback'
      ? `(export "[async-lift]${name}" (func $handle)) (export "[callback][async-lift]${name}" (func $callback))`
      : `(export "[async-lift-stackful]${name}" (func $handle))`
  return `(module
    ${imports.join('\n    ')}
    (memory (export "memory") 4)
    (global $heap (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param $old i32) (param $old-len i32) (param $align i32) (param $len i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $heap (i32.add (local.get $at) (local.get $len)))
      (local.get $at))
    ${text}
    ${exports})`
}
