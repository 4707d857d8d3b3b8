// guests/wat/imports.ts: the WASI functions that guests written in text may call, as component types and core signatures.

export type Interface = 'poll' | 'error' | 'streams' | 'http' | 'clock' | 'filesystem' | 'preopens'

/** `type` is the function's component type, where `$name` is a type of the interface; `core` its lowered signature. */
export type ImportedFunction = Readonly<{from: Interface; name: string; type: string; core: string}>

const params = (...types: readonly string[]): string => types.map(type => `(param ${type})`).join(' ')

const fn = (from: Interface, name: string, type: string, core: string): ImportedFunction => ({
  from,
  name,
  type: `(func ${type})`,
  core,
})

/** By the name that the guest's text calls: `(call $body.write …)`. */
export const FUNCTIONS: Readonly<Record<string, ImportedFunction>> = {
  poll: fn(
    'poll',
    'poll',
    '(param "in" (list (borrow $pollable))) (result (list u32))',
    params('i32 i32 i32'),
  ),
  'pollable.block': fn('poll', '[method]pollable.block', '(param "self" (borrow $pollable))', params('i32')),
  'pollable.ready': fn(
    'poll',
    '[method]pollable.ready',
    '(param "self" (borrow $pollable)) (result bool)',
    `${params('i32')} (result i32)`,
  ),
  'clock.timer': fn(
    'clock',
    'subscribe-duration',
    '(param "when" u64) (result (own $pollable))',
    `${params('i64')} (result i32)`,
  ),
  'input.blocking-read': fn(
    'streams',
    '[method]input-stream.blocking-read',
    '(param "self" (borrow $input-stream)) (param "len" u64) (result (result (list u8) (error $stream-error)))',
    params('i32 i64 i32'),
  ),
  'output.write': fn(
    'streams',
    '[method]output-stream.write',
    '(param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error $stream-error)))',
    params('i32 i32 i32 i32'),
  ),
  'output.blocking-write-and-flush': fn(
    'streams',
    '[method]output-stream.blocking-write-and-flush',
    '(param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error $stream-error)))',
    params('i32 i32 i32 i32'),
  ),
  directories: fn(
    'preopens',
    'get-directories',
    '(result (list (tuple (own $descriptor) string)))',
    params('i32'),
  ),
  'directory.metadata-hash': fn(
    'filesystem',
    '[method]descriptor.metadata-hash',
    '(param "self" (borrow $descriptor)) (result (result $metadata-hash-value (error $filesystem-error-code)))',
    params('i32 i32'),
  ),
  'fields.new': fn('http', '[constructor]fields', '(result (own $fields))', '(result i32)'),
  'fields.append': fn(
    'http',
    '[method]fields.append',
    '(param "self" (borrow $fields)) (param "name" $field-name) (param "value" $field-value) (result (result (error $header-error)))',
    params('i32 i32 i32 i32 i32 i32'),
  ),
  'fields.entries': fn(
    'http',
    '[method]fields.entries',
    '(param "self" (borrow $fields)) (result (list (tuple $field-name $field-value)))',
    params('i32 i32'),
  ),
  'request.path': fn(
    'http',
    '[method]incoming-request.path-with-query',
    '(param "self" (borrow $incoming-request)) (result (option string))',
    params('i32 i32'),
  ),
  'request.consume': fn(
    'http',
    '[method]incoming-request.consume',
    '(param "self" (borrow $incoming-request)) (result (result (own $incoming-body)))',
    params('i32 i32'),
  ),
  'incoming.stream': fn(
    'http',
    '[method]incoming-body.stream',
    '(param "self" (borrow $incoming-body)) (result (result (own $input-stream)))',
    params('i32 i32'),
  ),
  'incoming.finish': fn(
    'http',
    '[static]incoming-body.finish',
    '(param "this" (own $incoming-body)) (result (own $future-trailers))',
    `${params('i32')} (result i32)`,
  ),
  'future-trailers.subscribe': fn(
    'http',
    '[method]future-trailers.subscribe',
    '(param "self" (borrow $future-trailers)) (result (own $pollable))',
    `${params('i32')} (result i32)`,
  ),
  'future-trailers.get': fn(
    'http',
    '[method]future-trailers.get',
    '(param "self" (borrow $future-trailers)) (result (option (result (result (option (own $trailers)) (error $error-code)))))',
    params('i32 i32'),
  ),
  'response.new': fn(
    'http',
    '[constructor]outgoing-response',
    '(param "headers" (own $headers)) (result (own $outgoing-response))',
    `${params('i32')} (result i32)`,
  ),
  'response.set-status': fn(
    'http',
    '[method]outgoing-response.set-status-code',
    '(param "self" (borrow $outgoing-response)) (param "status-code" $status-code) (result (result))',
    `${params('i32 i32')} (result i32)`,
  ),
  'response.body': fn(
    'http',
    '[method]outgoing-response.body',
    '(param "self" (borrow $outgoing-response)) (result (result (own $outgoing-body)))',
    params('i32 i32'),
  ),
  'outparam.set': fn(
    'http',
    '[static]response-outparam.set',
    '(param "param" (own $response-outparam)) (param "response" (result (own $outgoing-response) (error $error-code)))',
    params('i32 i32 i32 i32 i64 i32 i32 i32 i32'),
  ),
  'body.write': fn(
    'http',
    '[method]outgoing-body.write',
    '(param "self" (borrow $outgoing-body)) (result (result (own $output-stream)))',
    params('i32 i32'),
  ),
  'body.finish': fn(
    'http',
    '[static]outgoing-body.finish',
    '(param "this" (own $outgoing-body)) (param "trailers" (option (own $trailers))) (result (result (error $error-code)))',
    params('i32 i32 i32 i32'),
  ),
}

/** Resource types by the interface that has them; `$drop.NAME` drops a handle. */
export const RESOURCES: Readonly<Record<string, Interface>> = {
  pollable: 'poll',
  error: 'error',
  'input-stream': 'streams',
  'output-stream': 'streams',
  descriptor: 'filesystem',
  fields: 'http',
  'incoming-request': 'http',
  'incoming-body': 'http',
  'future-trailers': 'http',
  'response-outparam': 'http',
  'outgoing-response': 'http',
  'outgoing-body': 'http',
}

export const INTERFACES: Readonly<Record<Interface, string>> = {
  error: 'wasi:io/error',
  poll: 'wasi:io/poll',
  streams: 'wasi:io/streams',
  clock: 'wasi:clocks/monotonic-clock',
  http: 'wasi:http/types',
  filesystem: 'wasi:filesystem/types',
  preopens: 'wasi:filesystem/preopens',
}

const own = (...names: readonly string[]): string[] =>
  names.map(name => `(export "${name}" (type $${name} (sub resource)))`)

const use = (...names: readonly string[]): string[] =>
  names.map(
    name =>
      `(alias outer 1 $${name} (type $outer-${name})) (export "${name}" (type $${name} (eq $outer-${name})))`,
  )

/** Structural types have to be exported under a name before a function may mention them. */
const named = (name: string, type: string): string =>
  `(type $raw-${name} ${type}) (export "${name}" (type $${name} (eq $raw-${name})))`

const cases = (...list: readonly string[]): string =>
  `(variant ${list.map(item => `(case ${item.replace(/^[\w-]+/, '"$&"')})`).join(' ')})`

const ERROR_CODE = cases(
  'DNS-timeout',
  'DNS-error $DNS-error-payload',
  'destination-not-found',
  'destination-unavailable',
  'destination-IP-prohibited',
  'destination-IP-unroutable',
  'connection-refused',
  'connection-terminated',
  'connection-timeout',
  'connection-read-timeout',
  'connection-write-timeout',
  'connection-limit-reached',
  'TLS-protocol-error',
  'TLS-certificate-error',
  'TLS-alert-received $TLS-alert-received-payload',
  'HTTP-request-denied',
  'HTTP-request-length-required',
  'HTTP-request-body-size (option u64)',
  'HTTP-request-method-invalid',
  'HTTP-request-URI-invalid',
  'HTTP-request-URI-too-long',
  'HTTP-request-header-section-size (option u32)',
  'HTTP-request-header-size (option $field-size-payload)',
  'HTTP-request-trailer-section-size (option u32)',
  'HTTP-request-trailer-size $field-size-payload',
  'HTTP-response-incomplete',
  'HTTP-response-header-section-size (option u32)',
  'HTTP-response-header-size $field-size-payload',
  'HTTP-response-body-size (option u64)',
  'HTTP-response-trailer-section-size (option u32)',
  'HTTP-response-trailer-size $field-size-payload',
  'HTTP-response-transfer-coding (option string)',
  'HTTP-response-content-coding (option string)',
  'HTTP-response-timeout',
  'HTTP-upgrade-failed',
  'HTTP-protocol-error',
  'loop-detected',
  'configuration-error',
  'internal-error (option string)',
)

const FILE_ERRORS =
  'access would-block already bad-descriptor busy deadlock quota exist file-too-large illegal-byte-sequence in-progress \
interrupted invalid io is-directory loop too-many-links message-size name-too-long no-device no-entry no-lock \
insufficient-memory insufficient-space not-directory not-empty not-recoverable unsupported no-tty no-such-device \
overflow not-permitted pipe read-only invalid-seek text-file-busy cross-device'
    .split(' ')
    .map(name => `"${name}"`)
    .join(' ')

/** The types that an interface declares, in an order in which each is known before it is used. */
export const TYPES: Readonly<Record<Interface, readonly string[]>> = {
  error: own('error'),
  poll: own('pollable'),
  clock: use('pollable'),
  filesystem: [
    ...own('descriptor'),
    named('metadata-hash-value', '(record (field "lower" u64) (field "upper" u64))'),
    `(type $raw-error (enum ${FILE_ERRORS})) (export "error-code" (type $filesystem-error-code (eq $raw-error)))`,
  ],
  preopens: use('descriptor'),
  streams: [
    ...use('error', 'pollable'),
    named('stream-error', cases('last-operation-failed (own $error)', 'closed')),
    ...own('input-stream', 'output-stream'),
  ],
  http: [
    ...use('pollable', 'input-stream', 'output-stream'),
    named('DNS-error-payload', '(record (field "rcode" (option string)) (field "info-code" (option u16)))'),
    named(
      'TLS-alert-received-payload',
      '(record (field "alert-id" (option u8)) (field "alert-message" (option string)))',
    ),
    named(
      'field-size-payload',
      '(record (field "field-name" (option string)) (field "field-size" (option u32)))',
    ),
    named('error-code', ERROR_CODE),
    named('header-error', cases('invalid-syntax', 'forbidden', 'immutable')),
    named('field-name', 'string'),
    named('field-value', '(list u8)'),
    named('status-code', 'u16'),
    ...own(
      'fields',
      'incoming-request',
      'response-outparam',
      'incoming-body',
      'future-trailers',
      'outgoing-response',
      'outgoing-body',
    ),
    '(export "headers" (type $headers (eq $fields))) (export "trailers" (type $trailers (eq $fields)))',
  ],
}
