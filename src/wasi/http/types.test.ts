import assert from 'node:assert/strict'
import fs from 'node:fs'
import {createRequire} from 'node:module'
import path from 'node:path'
import {test} from 'node:test'
import {caller, unwrap, utf8} from '../fixture.ts'
import {HttpIoError} from './error-code.ts'
import {FIELDS_MAX_BYTES} from './fields.ts'
import {httpInterfaces} from './http.ts'

const jco = path.dirname(path.dirname(createRequire(import.meta.url).resolve('@bytecodealliance/jco')))
const root = fs.existsSync(path.join(jco, 'lib')) ? jco : path.dirname(jco)
const wit = fs
  .readFileSync(path.join(root, 'lib/wit/builtin/0.2.12/wasi-http/package.wit'), 'utf8')
  .replace(/\/\/.*$/gm, '')
  .replace(/@\w+\([^)]*\)/g, '')

const interfaces = httpInterfaces(() => {
  throw new Error('no client here')
})
const {call} = caller(interfaces)
const types = new Map(interfaces).get('wasi:http/types@0.2.12')!

/** Every resource and function of the interface, by its name in the component model, with its number of parameters. */
function specified(name: string): Map<string, number> {
  const body = new RegExp(`^interface ${name} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(wit)![1]!
  const found = new Map<string, number>()
  let resource = ''
  const item = /^ {2}resource ([\w-]+)|^\s*constructor\(([^)]*)\);|^\s*([%\w-]+): (static )?func\(([^)]*)\)/gm
  for (const [, opened, made, method, isStatic, parameters] of body.matchAll(item)) {
    const count = ((made ?? parameters ?? '').match(/[\w-]+:/g) ?? []).length
    if (opened !== undefined) found.set((resource = opened), -1)
    else if (made !== undefined) found.set(`[constructor]${resource}`, count)
    else if (resource === '') found.set(method!, count)
    else if (isStatic !== undefined) found.set(`[static]${resource}.${method}`, count)
    else found.set(`[method]${resource}.${method!.replace('%', '')}`, count + 1)
  }
  return found
}

test('wasi:http/types holds exactly what its WIT says', () => {
  const expected = specified('types')
  assert.ok(expected.size > 60)
  assert.deepEqual([...types.keys()].sort(), [...expected.keys()].sort())
  for (const [name, count] of expected) {
    const item = types.get(name)!
    assert.equal(item.kind, count < 0 ? 'resource' : 'function', name)
    if (item.kind === 'function') assert.ok(item.call.length <= count + 1, name)
  }
})

test('every error code used stands in the WIT', () => {
  const declared = /variant error-code \{([\s\S]*?)\n {2}\}/.exec(wit)![1]!.match(/[A-Za-z][\w-]*/g)!
  const folder = import.meta.dirname
  for (const file of fs.readdirSync(folder).filter(name => !name.includes('.test.'))) {
    const source = fs.readFileSync(path.join(folder, file), 'utf8')
    const used = [...source.matchAll(/'((?:DNS|HTTP|TLS|connection|destination)-[\w-]+)'/g)].map(
      match => match[1]!,
    )
    const headers = new Set(['HTTP-request', 'connection-'])
    for (const code of used) if (!headers.has(code)) assert.ok(declared.includes(code), `${file}: ${code}`)
  }
})

test('messages start with their defaults, keep what they are given, and refuse what has no meaning', () => {
  const T = 'http/types'
  const request = call(T, '[constructor]outgoing-request', call(T, '[constructor]fields'))
  assert.deepEqual(call(T, '[method]outgoing-request.method', request), {tag: 'get'})
  assert.equal(call(T, '[method]outgoing-request.path-with-query', request), undefined)
  const set = (name: string, value: unknown) =>
    call(T, `[method]outgoing-request.set-${name}`, request, value).tag
  const CASES: [string, unknown, 'ok' | 'err'][] = [
    ['method', {tag: 'other', val: 'PURGE'}, 'ok'],
    ['method', {tag: 'other', val: 'GET / HTTP/1.1\r\n'}, 'err'],
    ['path-with-query', '/a?b=c', 'ok'],
    ['path-with-query', undefined, 'ok'],
    ['path-with-query', '/a b', 'err'],
    ['path-with-query', '/a\r\nhost: evil', 'err'],
    ['path-with-query', '/a#b', 'err'],
    ['path-with-query', 'http://evil/', 'err'],
    ['scheme', {tag: 'HTTPS'}, 'ok'],
    ['scheme', {tag: 'other', val: 'ws'}, 'ok'],
    ['scheme', {tag: 'other', val: '1:'}, 'err'],
    ['authority', 'example.com:8080', 'ok'],
    ['authority', '[::1]:8080', 'ok'],
    ['authority', 'user@example.com', 'err'],
    ['authority', 'example.com:', 'err'],
    ['authority', 'example.com:65536', 'err'],
    ['authority', 'a/b', 'err'],
    ['authority', '', 'err'],
  ]
  for (const [name, value, outcome] of CASES)
    assert.equal(set(name, value), outcome, `${name} ${JSON.stringify(value)}`)
  assert.deepEqual(call(T, '[method]outgoing-request.authority', request), '[::1]:8080')

  const headers = call(T, '[constructor]fields')
  const response = call(T, '[constructor]outgoing-response', headers)
  assert.equal(call(T, '[method]outgoing-response.status-code', response), 200)
  for (const [code, outcome] of [
    [204, 'ok'],
    [999, 'ok'],
    [100, 'err'],
    [1000, 'err'],
    [0, 'err'],
  ] as const) {
    assert.equal(call(T, '[method]outgoing-response.set-status-code', response, code).tag, outcome)
  }
  assert.deepEqual(
    call(T, '[method]fields.append', call(T, '[method]outgoing-response.headers', response), 'a', utf8('b')),
    {
      tag: 'err',
      val: {tag: 'immutable'},
    },
  )
  unwrap(call(T, '[method]outgoing-response.body', response))
  assert.equal(call(T, '[method]outgoing-response.body', response).tag, 'err')

  const options = call(T, '[constructor]request-options')
  for (const name of ['connect-timeout', 'first-byte-timeout', 'between-bytes-timeout']) {
    assert.equal(call(T, `[method]request-options.${name}`, options), undefined)
    unwrap(call(T, `[method]request-options.set-${name}`, options, 5n))
    assert.equal(call(T, `[method]request-options.${name}`, options), 5n)
  }
})

test('more header bytes than fit trap: 0.2 has no error for them', () => {
  const T = 'http/types'
  const huge = new Uint8Array(FIELDS_MAX_BYTES).fill(65)
  const fields = call(T, '[constructor]fields')
  const trap = {code: 'TRAP_HOST'}
  assert.throws(() => call(T, '[method]fields.append', fields, 'x', huge), trap)
  assert.throws(() => call(T, '[method]fields.set', fields, 'x', [huge]), trap)
  assert.throws(() => call(T, '[static]fields.from-list', [['x', huge]]), trap)
})

test('http-error-code knows its own errors only', () => {
  const code = {tag: 'HTTP-protocol-error'}
  assert.equal(call('http/types', 'http-error-code', new HttpIoError(code)), code)
  assert.equal(call('http/types', 'http-error-code', {debugString: 'a file', cause: {tag: 'x'}}), undefined)
})

test('informational responses trap, as they do in other hosts', () => {
  assert.throws(() => call('http/types', '[method]response-outparam.send-informational', {}, 103, {}), {
    code: 'TRAP_HOST',
  })
})
