// guests/wat/memory64.ts: a wasi:http component whose memory has 64-bit addresses. It answers its request's path, and how many
// events its memory has seen.
import {importInterface} from './component.ts'
import {FUNCTIONS, type Interface} from './imports.ts'

const VERSION = '0.2.12'

/** Core signatures where pointers and lengths are i64. */
const USED: Readonly<Record<string, string>> = {
  'request.path': '(param i32 i64)',
  'fields.new': '(result i32)',
  'response.new': '(param i32) (result i32)',
  'response.body': '(param i32 i64)',
  'body.write': '(param i32 i64)',
  'body.finish': '(param i32 i32 i32 i64)',
  'output.blocking-write-and-flush': '(param i32 i64 i64 i64)',
  'outparam.set': '(param i32 i32 i32 i32 i64 i64 i64 i64 i32)',
}
const NAMES = Object.keys(USED)
const INTERFACES: readonly Interface[] = ['error', 'poll', 'streams', 'http']

/** Its allocator begins in a page that the memory does not have yet. */
const text = `(component
  ${INTERFACES.map(name => importInterface(name, NAMES, VERSION)).join('')}
  (core module $allocator
    (memory (export "memory") i64 2)
    (global $heap (mut i64) (i64.const 131072))
    (func (export "realloc") (param $old i64) (param $had i64) (param $align i64) (param $size i64) (result i64)
      (local $at i64)
      (local.set $at (i64.and
        (i64.add (global.get $heap) (i64.sub (local.get $align) (i64.const 1)))
        (i64.sub (i64.const 0) (local.get $align))))
      (global.set $heap (i64.add (local.get $at) (local.get $size)))
      (block $enough (loop $more
        (br_if $enough (i64.le_u (global.get $heap) (i64.mul (memory.size) (i64.const 65536))))
        (if (i64.eq (memory.grow (i64.const 1)) (i64.const -1)) (then (unreachable)))
        (br $more)))
      (local.get $at)))
  (core instance $libc (instantiate $allocator))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  ${NAMES.map(
    name => `(alias export $${FUNCTIONS[name]!.from} "${FUNCTIONS[name]!.name}" (func $${name}))
      (core func $${name} (canon lower (func $${name}) (memory $memory) (realloc $realloc)))`,
  ).join('\n')}
  (core func $drop-stream (canon resource.drop $output-stream))
  (core instance $host (export "drop-stream" (func $drop-stream))
    ${NAMES.map(name => `(export "${name}" (func $${name}))`).join(' ')})
  (core module $guest
    (import "libc" "memory" (memory i64 2))
    (import "host" "drop-stream" (func $drop-stream (param i32)))
    ${NAMES.map(name => `(import "host" "${name}" (func $${name} ${USED[name]}))`).join('\n')}
    (data (i64.const 4096) " 0\\n")
    (func (export "handle") (param $request i32) (param $out i32)
      (local $response i32) (local $body i32) (local $stream i32)
      (i32.store8 (i64.const 4097) (i32.add (i32.load8_u (i64.const 4097)) (i32.const 1)))
      (call $request.path (local.get $request) (i64.const 64))
      (local.set $response (call $response.new (call $fields.new)))
      (call $response.body (local.get $response) (i64.const 0))
      (local.set $body (i32.load offset=4 (i64.const 0)))
      (call $outparam.set (local.get $out) (i32.const 0) (local.get $response)
        (i32.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i32.const 0))
      (call $body.write (local.get $body) (i64.const 0))
      (local.set $stream (i32.load offset=4 (i64.const 0)))
      (call $output.blocking-write-and-flush (local.get $stream)
        (i64.load offset=8 (i64.const 64)) (i64.load offset=16 (i64.const 64)) (i64.const 0))
      (call $output.blocking-write-and-flush (local.get $stream) (i64.const 4096) (i64.const 3) (i64.const 0))
      (call $drop-stream (local.get $stream))
      (call $body.finish (local.get $body) (i32.const 0) (i32.const 0) (i64.const 0))))
  (core instance $main (instantiate $guest (with "libc" (instance $libc)) (with "host" (instance $host))))
  (type $handler (func (param "request" (own $incoming-request)) (param "response-out" (own $response-outparam))))
  (func $handle (type $handler) (canon lift (core func $main "handle")))
  (instance $incoming-handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@${VERSION}" (instance $incoming-handler)))`

export const MEMORY64: Readonly<Record<string, () => string>> = {memory64: () => text}
