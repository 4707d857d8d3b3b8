import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {componentWit, parse} from '@bytecodealliance/jco'
import type {MayflyError} from '../../base/errors.ts'
import {decodeComponent} from '../../engine/component/decode.ts'
import {validateComponent} from '../../engine/component/validate.ts'
import {type HostItem, hostFunction, hostResource, type Imports} from '../../engine/link/imports.ts'
import {caller, prepare, rootImports} from '../../engine/link/link.fixtures.ts'
import {LinkedComponent} from '../../engine/link/linked-component.ts'
import {ModuleCache} from '../../engine/link/module-cache.ts'
import {ROOT_INTERFACE} from '../../engine/link/resolve.ts'
import {type Composed, plug} from './plug.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const composed = async (socket: string, ...plugs: string[]): Promise<Composed> => {
  const parts = await Promise.all(
    plugs.map(async (text, i) => ({name: `plug${i}`, bytes: await parse(text)})),
  )
  const result = plug({name: 'socket', bytes: await parse(socket)}, parts)
  // The reference tools read it, which validates it too.
  assert.match(await componentWit(result.bytes), /^package root:component;/)
  return result
}

function run({bytes}: Composed, imports: Imports = new Map()) {
  const component = decodeComponent(bytes)
  validateComponent(component)
  const linked = new LinkedComponent(component, {imports, who: 'the composition', modules: new ModuleCache()})
  return caller(linked, prepare(linked).make())
}

/** Exports a function `add-all` of an interface at a version. */
const ADDER = (version: string) => `(component
  (core module $M (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $m (instantiate $M))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $m "add")))
  (instance $math (export "add-all" (func $add)))
  (export "t:math/sums@${version}" (instance $math)))`

/** Imports it, and exports `seven`. */
const USES_ADDER = (version: string) => `(component
  (import "t:math/sums@${version}" (instance $math (export "add-all" (func (param "a" u32) (param "b" u32) (result u32)))))
  (core func $add (canon lower (func $math "add-all")))
  (core module $M (import "" "add" (func $add (param i32 i32) (result i32)))
    (func (export "seven") (result i32) (call $add (i32.const 3) (i32.const 4))))
  (core instance $m (instantiate $M (with "" (instance (export "add" (func $add))))))
  (func (export "seven") (result u32) (canon lift (core func $m "seven"))))`

describe('plugging', () => {
  test('an interface of the same or a compatible version', async () => {
    for (const [has, wants] of [
      ['1.0.0', '1.0.0'],
      ['1.2.0', '1.0.5'],
      ['0.2.9', '0.2.1'],
    ] as const) {
      const result = await composed(USES_ADDER(wants), ADDER(has))
      assert.deepEqual(result.plugged, [{name: `t:math/sums@${wants}`, by: 'plug0'}])
      assert.deepEqual(result.open, [])
      assert.deepEqual(result.exports, ['seven'])
      assert.equal(run(result)('seven'), 7)
    }
  })

  test('nothing where nothing fits, which is said with what there is', async () => {
    await assert.rejects(composed(USES_ADDER('2.0.0'), ADDER('1.0.0')), (error: MayflyError) => {
      assert.equal(error.code, 'COMPOSE_NO_MATCH')
      assert.match(error.hint!, /sums@1\.0\.0.*sums@2\.0\.0/)
      return true
    })
  })

  test('one of two that fit is nobody’s choice', async () => {
    await assert.rejects(composed(USES_ADDER('1.0.0'), ADDER('1.0.0'), ADDER('1.0.0')), {
      code: 'COMPOSE_AMBIGUOUS',
    })
  })

  test('a function with other types is refused', async () => {
    const other = ADDER('1.0.0').replace('(param "b" u32)', '(param "b" s32)')
    await assert.rejects(composed(USES_ADDER('1.0.0'), other), (error: MayflyError) => {
      assert.equal(error.code, 'COMPOSE_FAILED')
      assert.match(error.message, /type mismatch/)
      return true
    })
  })

  test('bytes that are no component', () => {
    assert.throws(() => plug({name: 'x', bytes: new Uint8Array(3)}, []), {code: 'DECODE_MALFORMED'})
  })
})

/** Defines a resource, whose number is its representation. */
const STORE = `(component
  (component $Inner
    (type $store' (resource (rep i32)))
    (core func $new' (canon resource.new $store'))
    (core func $rep (canon resource.rep $store'))
    (core module $M (import "" "new" (func $new (param i32) (result i32)))
      (func (export "open") (param i32 i32) (result i32) (call $new (i32.add (local.get 0) (i32.const 100))))
      (func (export "get") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new'))))))
    (export $store "store" (type $store'))
    (type $place' (record (field "x" u32) (field "y" u32)))
    (export $place "place" (type $place'))
    (func $open (param "at" $place) (result (own $store)) (canon lift (core func $m "open")))
    (func $get (param "self" (borrow $store)) (result u32) (canon lift (core func $m "get")))
    (export "open" (func $open))
    (export "[method]store.get" (func $get)))
  (instance $inner (instantiate $Inner))
  (export "t:db/stores" (instance $inner)))`

const USES_STORE = `(component
  (import "t:db/stores" (instance $db
    (export "store" (type $store (sub resource)))
    (type $place' (record (field "x" u32) (field "y" u32)))
    (export "place" (type $place (eq $place')))
    (export "open" (func (param "at" $place) (result (own $store))))
    (export "[method]store.get" (func (param "self" (borrow $store)) (result u32)))))
  (alias export $db "store" (type $store))
  (core func $open (canon lower (func $db "open")))
  (core func $get (canon lower (func $db "[method]store.get")))
  (core func $drop (canon resource.drop $store))
  (core module $M
    (import "" "open" (func $open (param i32 i32) (result i32))) (import "" "get" (func $get (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32) (local $s i32) (local $n i32)
      (local.set $s (call $open (i32.const 5) (i32.const 6)))
      (local.set $n (call $get (local.get $s)))
      (call $drop (local.get $s))
      (local.get $n)))
  (core instance $m (instantiate $M (with "" (instance
    (export "open" (func $open)) (export "get" (func $get)) (export "drop" (func $drop))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))`

test('a resource that the plug defines goes to the socket', async () => {
  assert.equal(run(await composed(USES_STORE, STORE))('run'), 105)
})

/** Imports two interfaces, one with the resource of the other, and a function of the world; at a version. */
const OPEN = (version: string, extra: string, body: string) => `(component
  (import "w:io/poll@${version}" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    ${extra}))
  (alias export $poll "pollable" (type $pollable))
  (import "w:io/streams@${version}" (instance $streams
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (type $error' (variant (case "closed") (case "failed" (option string))))
    (export "error" (type $error (eq $error')))
    (type $info' (record (field "error" $error) (field "size" u64)))
    (export "info" (type $info (eq $info')))
    (export "subscribe" (func (result (own $pollable))))
    (export "check" (func (param "p" (borrow $pollable)) (result (result u32 (error $error)))))
    (export "last" (func (param "deep" (list (tuple $info (list char)))) (result (option $info))))))
  (import "log" (func (param "n" u32)))
  ${body})`

test('what is open is imported once, at the highest of compatible versions, with all that any part needs', async () => {
  const socket = OPEN(
    '0.2.1',
    '(export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))',
    `
    (import "t:math/sums@1.0.0" (instance $math (export "add-all" (func (param "a" u32) (param "b" u32) (result u32)))))
    (export "t:math/again" (instance $math))`,
  )
  const inner = ADDER('1.0.0').replace('(component', '').replace(/\)$/, '')
  const result = await composed(
    socket,
    OPEN('0.2.4', '(export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))', inner),
  )
  assert.deepEqual(result.open, ['w:io/poll@0.2.4', 'w:io/streams@0.2.4', 'log'])
  const type = validateComponent(decodeComponent(result.bytes))
  const poll = type.imports.get('w:io/poll@0.2.4')!
  assert.ok(poll.sort === 'instance')
  assert.deepEqual([...poll.type.exports.keys()].toSorted(), ['[method]pollable.ready', 'poll', 'pollable'])
  const f = hostFunction(() => undefined)
  const imports: Imports = new Map([
    [
      'w:io/poll@0.2.0',
      new Map<string, HostItem>([
        ['pollable', hostResource()],
        ['poll', f],
        ['[method]pollable.ready', f],
      ]),
    ],
    ['w:io/streams@0.2.0', new Map(['subscribe', 'check', 'last'].map(name => [name, f] as const))],
    [ROOT_INTERFACE, rootImports({log: f}).get(ROOT_INTERFACE)!],
  ])
  const component = decodeComponent(result.bytes)
  validateComponent(component)
  const linked = new LinkedComponent(component, {imports, who: 'it', modules: new ModuleCache()})
  assert.equal(prepare(linked).make().call(linked.findExport('t:math/again', 'add-all')!, 30, 12), 42)
})

test('versions whose types differ stay apart', async () => {
  const of = (version: string, type: string) =>
    `(component (import "w:io/poll@${version}" (instance (export "f" (func (param "x" ${type})))))`
  const result = await composed(
    `${of('0.2.1', 'u32')} (import "t:math/sums@1.0.0" (instance $math (export "add-all" (func (param "a" u32) (param "b" u32) (result u32))))) (export "t:math/again" (instance $math)))`,
    `${of('0.2.4', 'string')} ${ADDER('1.0.0').replace('(component', '')}`,
  )
  assert.deepEqual(result.open, ['w:io/poll@0.2.4', 'w:io/poll@0.2.1'])
})

test('middleware in front of an HTTP handler', async () => {
  // The handler of the example, and one that hands each request on to such a handler.
  const handler = readFileSync(join(ROOT, 'examples/wat/hello.wat'), 'utf8')
  const result = await composed(MIDDLEWARE, handler)
  assert.deepEqual(result.plugged, [{name: 'wasi:http/incoming-handler@0.2.3', by: 'plug0'}])
  assert.deepEqual(result.open, ['wasi:io/error@0.2.0', 'wasi:io/streams@0.2.0', 'wasi:http/types@0.2.3'])
  assert.deepEqual(result.exports, ['wasi:http/incoming-handler@0.2.3'])
})

const MIDDLEWARE = `(component
  (import "wasi:http/types@0.2.3" (instance $http
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $http "incoming-request" (type $incoming-request))
  (alias export $http "response-outparam" (type $response-outparam))
  (import "wasi:http/incoming-handler@0.2.3" (instance $next
    (alias outer 1 $incoming-request (type $request'))
    (export "incoming-request" (type $request (eq $request')))
    (alias outer 1 $response-outparam (type $out'))
    (export "response-outparam" (type $out (eq $out')))
    (export "handle" (func (param "request" (own $request)) (param "response-out" (own $out))))))
  (core func $next (canon lower (func $next "handle")))
  (core module $M (import "" "next" (func $next (param i32 i32)))
    (func (export "handle") (param i32 i32) (call $next (local.get 0) (local.get 1))))
  (core instance $m (instantiate $M (with "" (instance (export "next" (func $next))))))
  (func $handle (param "request" (own $incoming-request)) (param "response-out" (own $response-outparam))
    (canon lift (core func $m "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.3" (instance $handler)))`
