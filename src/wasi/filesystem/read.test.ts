import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import {describe, test} from 'node:test'
import {err, ok} from '../../base/result.ts'
import {text, unwrap, utf8} from '../fixture.ts'
import {MAX_READ} from '../io/input-stream.ts'
import {type Guest, guestOf, guestWith, tree} from './fixture.ts'

const HUGE = (1n << 64n) - 1n
const FOLLOW = {symlinkFollow: true}
const NO_FOLLOW = {symlinkFollow: false}

/** The whole of a file, by its stream. */
function slurp(guest: Guest, self: unknown, name: string, flags?: string): string {
  const file = unwrap(guest.open(self, name, flags))
  const stream = unwrap(guest.method(file, 'read-via-stream', 0n))
  let found = ''
  for (;;) {
    const read = guest.stream(stream, 'input-stream.blocking-read', HUGE)
    if (read.tag === 'err') break
    found += text(read.val)
  }
  guest.drop('io/streams', 'input-stream', stream)
  guest.drop('filesystem/types', 'descriptor', file)
  return found
}

function list(guest: Guest, self: unknown): string[] {
  const entries = unwrap(guest.method(self, 'read-directory'))
  const names: string[] = []
  for (;;) {
    const entry = unwrap(
      guest.call('filesystem/types', '[method]directory-entry-stream.read-directory-entry', entries),
    )
    if (entry === undefined) break
    names.push(`${entry.name} ${entry.type}`)
  }
  guest.drop('filesystem/types', 'directory-entry-stream', entries)
  return names.sort()
}

describe('files', () => {
  test('are read by stream and by position', t => {
    const guest = guestWith(t, {'a.txt': 'hello, world', 'sub/b.txt': 'b'})
    assert.equal(slurp(guest, guest.root, 'a.txt'), 'hello, world')
    assert.equal(slurp(guest, guest.root, './sub//../sub/./b.txt'), 'b')
    const file = unwrap(guest.open(guest.root, 'a.txt'))
    assert.deepEqual(guest.method(file, 'read', 5n, 7n), ok([utf8('world'), false]))
    assert.deepEqual(guest.method(file, 'read', 5n, 12n), ok([new Uint8Array(0), true]))
    assert.deepEqual(guest.method(file, 'read', 0n, 0n), ok([new Uint8Array(0), false]))
    const stream = unwrap(guest.method(file, 'read-via-stream', 7n))
    assert.deepEqual(guest.stream(stream, 'input-stream.skip', 2n), ok(2n))
    assert.equal(text(unwrap(guest.stream(stream, 'input-stream.read', 2n))), 'rl')
    assert.equal(
      guest.call('io/poll', '[method]pollable.ready', guest.stream(stream, 'input-stream.subscribe')),
      true,
    )
  })

  test('reads of hostile sizes cost nothing', t => {
    const guest = guestWith(t, {big: 'x'.repeat(MAX_READ * 2), small: 'abc'})
    const big = unwrap(guest.open(guest.root, 'big'))
    assert.equal(unwrap(guest.method(big, 'read', HUGE, 0n))[0].length, MAX_READ)
    const small = unwrap(guest.open(guest.root, 'small'))
    const [bytes] = unwrap<[Uint8Array]>(guest.method(small, 'read', HUGE, 1n))
    assert.equal(text(bytes), 'bc')
    assert.equal(bytes.buffer.byteLength, 2)
    assert.deepEqual(guest.method(small, 'read', 1n, 1n << 62n), ok([new Uint8Array(0), true]))
    assert.deepEqual(guest.method(small, 'read', 1n, HUGE), err('invalid'))
    assert.deepEqual(guest.method(small, 'read-via-stream', HUGE), err('invalid'))
    const far = unwrap(guest.method(small, 'read-via-stream', (1n << 63n) - 1n))
    assert.deepEqual(guest.stream(far, 'input-stream.read', HUGE), err({tag: 'closed'}))
  })

  test('a stream outlives its descriptor', t => {
    const guest = guestWith(t, {a: 'abc'})
    const file = unwrap(guest.open(guest.root, 'a'))
    const stream = unwrap(guest.method(file, 'read-via-stream', 0n))
    guest.drop('filesystem/types', 'descriptor', file)
    assert.equal(text(unwrap(guest.stream(stream, 'input-stream.read', 9n))), 'abc')
  })

  test('two streams do not share what they read into', t => {
    const guest = guestWith(t, {a: 'aaaa', b: 'bbbb'})
    const read = (name: string) =>
      unwrap(guest.method(unwrap(guest.open(guest.root, name)), 'read', 4n, 0n))[0]
    const a = read('a')
    read('b')
    assert.equal(text(a), 'aaaa')
  })

  test('stat, type, flags, hash and identity', t => {
    const guest = guestWith(t, {a: 'abc', b: 'abc', 'd/': ''})
    const [a, again, b] = ['a', 'a', 'b'].map(name => unwrap(guest.open(guest.root, name)))
    const stat = unwrap(guest.method(a, 'stat'))
    assert.equal(stat.type, 'regular-file')
    assert.equal(stat.size, 3n)
    assert.equal(typeof stat.dataModificationTimestamp.seconds, 'bigint')
    assert.deepEqual(guest.method(guest.root, 'stat-at', NO_FOLLOW, 'a'), guest.method(a, 'stat'))
    assert.deepEqual(guest.method(a, 'get-type'), ok('regular-file'))
    assert.deepEqual(guest.method(guest.root, 'get-type'), ok('directory'))
    const flags = {fileIntegritySync: false, dataIntegritySync: false, requestedWriteSync: false}
    assert.deepEqual(
      guest.method(a, 'get-flags'),
      ok({read: true, write: false, mutateDirectory: false, ...flags}),
    )
    assert.equal(guest.method(a, 'is-same-object', again), true)
    assert.equal(guest.method(a, 'is-same-object', b), false)
    assert.deepEqual(
      guest.method(a, 'metadata-hash'),
      guest.method(guest.root, 'metadata-hash-at', NO_FOLLOW, 'a'),
    )
    assert.notDeepEqual(guest.method(a, 'metadata-hash'), guest.method(b, 'metadata-hash'))
    assert.deepEqual(guest.method(a, 'advise', 0n, HUGE, 'random'), ok(undefined))
    assert.deepEqual(guest.method(a, 'sync'), ok(undefined))
  })

  test('directories are listed', t => {
    const guest = guestWith(t, {a: '', 'd/x': '', link: '->a'})
    assert.deepEqual(list(guest, guest.root), ['a regular-file', 'd directory', 'link symbolic-link'])
    assert.deepEqual(list(guest, unwrap(guest.open(guest.root, 'd', 'directory read'))), ['x regular-file'])
    assert.deepEqual(list(guest, unwrap(guest.open(guest.root, 'd'))), ['x regular-file'])
  })

  test('refuse what is wrong, by code', t => {
    const guest = guestWith(t, {a: 'abc', 'd/x': ''})
    const file = unwrap(guest.open(guest.root, 'a'))
    const open = (name: string, flags?: string) => guest.open(guest.root, name, flags)
    const rows: [unknown, string][] = [
      [open('missing'), 'no-entry'],
      [open(''), 'no-entry'],
      [open('a/x'), 'not-directory'],
      [open('a/'), 'not-directory'],
      [open('a', 'directory'), 'not-directory'],
      [open('d', 'write'), 'not-permitted'],
      [open('a', 'read write'), 'not-permitted'],
      [open('new', 'create'), 'not-permitted'],
      [open('a', 'truncate'), 'not-permitted'],
      [open('a', 'directory create'), 'invalid'],
      [open('a', 'read fileIntegritySync'), 'unsupported'],
      [open('a\0b'), 'invalid'],
      [open('x'.repeat(256)), 'name-too-long'],
      [open('d/'.repeat(2000) + 'd/'.repeat(100)), 'name-too-long'],
      [open('d/../'.repeat(819)), undefined as never],
      [guest.method(guest.root, 'read', 1n, 0n), 'bad-descriptor'],
      [guest.method(guest.root, 'read-via-stream', 0n), 'bad-descriptor'],
      [guest.method(file, 'read-directory'), 'not-directory'],
      [guest.open(file, 'x'), 'not-directory'],
      [guest.method(file, 'write', utf8('x'), 0n), 'not-permitted'],
      [guest.method(file, 'write-via-stream', 0n), 'not-permitted'],
      [guest.method(file, 'append-via-stream'), 'not-permitted'],
      [guest.method(file, 'set-size', 0n), 'not-permitted'],
      [guest.method(file, 'set-times', {tag: 'now'}, {tag: 'now'}), 'not-permitted'],
      [guest.method(guest.root, 'create-directory-at', 'e'), 'not-permitted'],
      [guest.method(guest.root, 'unlink-file-at', 'a'), 'not-permitted'],
      [guest.method(guest.root, 'remove-directory-at', 'd'), 'not-permitted'],
      [guest.method(guest.root, 'rename-at', 'a', guest.root, 'b'), 'not-permitted'],
      [guest.method(guest.root, 'link-at', NO_FOLLOW, 'a', guest.root, 'b'), 'not-permitted'],
      [guest.method(guest.root, 'symlink-at', 'a', 'b'), 'not-permitted'],
      [guest.method(guest.root, 'set-times-at', FOLLOW, 'a', {tag: 'now'}, {tag: 'now'}), 'not-permitted'],
      [guest.method(guest.root, 'readlink-at', 'a'), 'invalid'],
    ]
    for (const [index, [result, code]] of rows.entries())
      if (code === undefined) unwrap(result)
      else assert.deepEqual(result, err(code), `row ${index}`)
  })

  test('an IO error tells its code', t => {
    const guest = guestWith(t, {a: 'abc'})
    const file = unwrap(guest.open(guest.root, 'a'))
    const stream = unwrap(guest.method(file, 'read-via-stream', 0n))
    guest.store.clear()
    const read = guest.stream(stream, 'input-stream.read', 1n)
    assert.equal(read.val.tag, 'last-operation-failed')
    assert.equal(guest.call('filesystem/types', 'filesystem-error-code', read.val.val), 'bad-descriptor')
    assert.equal(
      guest.call('filesystem/types', 'filesystem-error-code', {debugString: 'x', cause: 'tcp'}),
      undefined,
    )
  })
})

describe('mounts', () => {
  test('each directory is a preopen of its own, under the name it was given', t => {
    const guest = guestOf(t, [{guestPath: '.', hostPath: tree(t, {a: 'A'})}])
    const [[root, name]] = guest.call('filesystem/preopens', 'get-directories')
    assert.equal(name, '.')
    assert.equal(slurp(guest, root, 'a'), 'A')
    const two = guestOf(t, [
      {guestPath: '/x', hostPath: tree(t, {})},
      {guestPath: '/y/z', hostPath: tree(t, {})},
    ])
    const listed = two.call('filesystem/preopens', 'get-directories')
    assert.deepEqual(
      listed.map(([, path]: [unknown, string]) => path),
      ['/x', '/y/z'],
    )
  })

  test('single files make a tree of directories', t => {
    const host = tree(t, {one: '1', two: '22', 'assets/logo': 'L', 'assets/sub/deep': 'D'})
    const guest = guestOf(t, [
      {guestPath: '/data/one.json', hostPath: path.join(host, 'one')},
      {guestPath: 'data/two.json', hostPath: path.join(host, 'two')},
      {guestPath: '/data/assets', hostPath: path.join(host, 'assets')},
      {guestPath: '/top', hostPath: path.join(host, 'one')},
    ])
    assert.deepEqual(
      guest.call('filesystem/preopens', 'get-directories').map(([, path]: any) => path),
      ['/'],
    )
    assert.deepEqual(list(guest, guest.root), ['data directory', 'top regular-file'])
    const data = unwrap(guest.open(guest.root, 'data', 'directory'))
    assert.deepEqual(list(guest, data), [
      'assets directory',
      'one.json regular-file',
      'two.json regular-file',
    ])
    assert.equal(slurp(guest, data, 'two.json'), '22')
    assert.equal(slurp(guest, guest.root, 'data/assets/sub/../sub/deep'), 'D')
    assert.equal(unwrap(guest.method(guest.root, 'stat-at', NO_FOLLOW, 'data/two.json')).size, 2n)
    assert.equal(unwrap(guest.method(guest.root, 'stat-at', NO_FOLLOW, 'data')).type, 'directory')
    assert.equal(unwrap(guest.method(guest.root, 'stat-at', NO_FOLLOW, 'data/assets')).type, 'directory')
    assert.equal(unwrap(guest.method(data, 'stat')).type, 'directory')
    assert.equal(guest.method(data, 'is-same-object', unwrap(guest.open(guest.root, 'data'))), true)
    assert.notDeepEqual(guest.method(data, 'metadata-hash'), guest.method(guest.root, 'metadata-hash'))
    for (const [name, flags, code] of [
      ['data/none', 'read', 'no-entry'],
      ['none/x', 'read', 'no-entry'],
      ['top/x', 'read', 'not-directory'],
      ['top', 'directory', 'not-directory'],
      ['top', 'write', 'not-permitted'],
      ['data', 'write', 'not-permitted'],
      ['data/new', 'create', 'not-permitted'],
      ['data/../../top', 'read', 'not-permitted'],
    ] as const)
      assert.deepEqual(guest.open(guest.root, name, flags), err(code), name)
  })

  test('what is mounted lies over what the directory beneath holds', t => {
    const host = tree(t, {'base/a': 'A', 'base/sub/b': 'B', 'base/sub/c': 'C', over: 'over', 'other/x': 'X'})
    const guest = guestOf(t, [
      {guestPath: '/', hostPath: path.join(host, 'base'), writable: true},
      {guestPath: '/sub/b', hostPath: path.join(host, 'over')},
      {guestPath: '/sub/new', hostPath: path.join(host, 'over')},
      {guestPath: '/other', hostPath: path.join(host, 'other')},
    ])
    assert.deepEqual(list(guest, guest.root), ['a regular-file', 'other directory', 'sub directory'])
    const sub = unwrap(guest.open(guest.root, 'sub'))
    assert.deepEqual(list(guest, sub), ['b regular-file', 'c regular-file', 'new regular-file'])
    assert.equal(slurp(guest, sub, 'b'), 'over')
    assert.equal(slurp(guest, sub, 'c'), 'C')
    assert.equal(slurp(guest, guest.root, 'other/x'), 'X')
    assert.deepEqual(guest.method(sub, 'unlink-file-at', 'b'), err('busy'))
    assert.deepEqual(guest.method(guest.root, 'rename-at', 'a', sub, 'b'), err('busy'))
    assert.deepEqual(guest.method(guest.root, 'remove-directory-at', 'other'), err('busy'))
    assert.deepEqual(guest.open(guest.root, 'other/y', 'create'), err('not-permitted'))
    assert.deepEqual(guest.method(guest.root, 'unlink-file-at', 'a'), ok(undefined))
    assert.equal(fs.readFileSync(path.join(host, 'base/sub/b'), 'utf8'), 'B')
  })

  test('that cannot be are refused when they are made', t => {
    const host = tree(t, {a: '', 'd/': ''})
    const [file, dir] = [path.join(host, 'a'), path.join(host, 'd')]
    for (const [preopens, reason] of [
      [[{guestPath: '/', hostPath: path.join(host, 'none')}], /ENOENT/],
      [[{guestPath: '/', hostPath: file}], /needs a name/],
      [[{guestPath: '/../x', hostPath: file}], /"\.\."/],
      [
        [
          {guestPath: '/x', hostPath: file},
          {guestPath: 'x', hostPath: file},
        ],
        /mounted there already/,
      ],
      [
        [
          {guestPath: '/', hostPath: dir},
          {guestPath: '.', hostPath: dir},
        ],
        /mounted there already/,
      ],
      [
        [
          {guestPath: '/x', hostPath: file},
          {guestPath: '/x/y', hostPath: file},
        ],
        /is a file already/,
      ],
      [[{guestPath: '/null', hostPath: '/dev/null'}], /neither a file nor/],
    ] as const)
      assert.throws(
        () => guestOf(t, preopens),
        (error: any) => error.code === 'FILES_MOUNT' && reason.test(error.message),
      )
  })

  test('without mounts there are no preopens', t => {
    assert.deepEqual(guestOf(t, []).call('filesystem/preopens', 'get-directories'), [])
  })
})
