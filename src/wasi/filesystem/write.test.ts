import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import {type TestContext, test} from 'node:test'
import {err, ok} from '../../base/result.ts'
import {unwrap, utf8} from '../fixture.ts'
import {guestOf, tree} from './fixture.ts'

const NO_FOLLOW = {symlinkFollow: false}

function writable(t: TestContext, files: Readonly<Record<string, string>>) {
  const host = tree(t, files)
  const guest = guestOf(t, [{guestPath: '/', hostPath: host, writable: true}])
  return {guest, root: guest.root, on: (name: string) => fs.readFileSync(path.join(host, name), 'utf8'), host}
}

test('files are made, written at any place, appended to, cut and grown', async t => {
  const {guest, root, on} = writable(t, {old: 'old'})
  const file = unwrap(guest.open(root, 'new', 'create read write exclusive'))
  assert.deepEqual(guest.method(file, 'write', utf8('hello'), 2n), ok(5n))
  assert.equal(on('new'), '\0\0hello')
  const stream = unwrap(guest.method(file, 'write-via-stream', 0n))
  guest.stream(stream, 'output-stream.write', utf8('a'))
  assert.deepEqual(guest.stream(stream, 'output-stream.blocking-write-and-flush', utf8('b')), ok(undefined))
  assert.equal(on('new'), 'abhello')
  const end = unwrap(guest.method(file, 'append-via-stream'))
  guest.method(file, 'write', utf8('!'), 7n)
  guest.stream(end, 'output-stream.blocking-write-and-flush', utf8(' end'))
  assert.equal(on('new'), 'abhello! end')
  guest.drop('io/streams', 'output-stream', end)
  assert.deepEqual(guest.method(file, 'set-size', 2n), ok(undefined))
  assert.equal(on('new'), 'ab')
  assert.deepEqual(await guest.method(file, 'sync'), ok(undefined))
  assert.deepEqual(await guest.method(file, 'sync-data'), ok(undefined))
  assert.deepEqual(guest.open(root, 'new', 'create exclusive'), err('exist'))
  unwrap(guest.open(root, 'old', 'truncate write'))
  assert.equal(on('old'), '')
})

test('sizes and offsets beyond reason are refused, not rounded', t => {
  const {guest, root, on} = writable(t, {a: 'a'})
  const file = unwrap(guest.open(root, 'a', 'write'))
  assert.deepEqual(guest.method(file, 'write', utf8('x'), 1n << 53n), err('file-too-large'))
  assert.deepEqual(guest.method(file, 'write', utf8('x'), (1n << 64n) - 1n), err('invalid'))
  assert.deepEqual(guest.method(file, 'set-size', 1n << 60n), err('file-too-large'))
  assert.deepEqual(guest.method(file, 'set-size', (1n << 64n) - 1n), err('invalid'))
  assert.deepEqual(guest.method(file, 'read', 1n, 0n), err('not-permitted'))
  const far = unwrap(guest.method(file, 'write-via-stream', 1n << 53n))
  assert.equal(guest.stream(far, 'output-stream.write', utf8('x')).val.tag, 'last-operation-failed')
  assert.deepEqual(guest.stream(far, 'output-stream.check-write'), err({tag: 'closed'}))
  assert.equal(on('a'), 'a')
})

test('a write beyond the permit traps', t => {
  const {guest, root} = writable(t, {a: ''})
  const stream = unwrap(guest.method(unwrap(guest.open(root, 'a', 'write')), 'write-via-stream', 0n))
  const permit = unwrap<bigint>(guest.stream(stream, 'output-stream.check-write'))
  const tooMuch = new Uint8Array(Number(permit) + 1)
  assert.throws(() => guest.stream(stream, 'output-stream.write', tooMuch), {code: 'TRAP_HOST'})
})

test('names are made, moved and removed', t => {
  const {guest, root, on, host} = writable(t, {a: 'A', 'd/x': 'X', 'e/': ''})
  const {method} = guest
  const [d, e] = ['d', 'e'].map(name => unwrap(guest.open(root, name, 'directory mutateDirectory')))
  const done = ok(undefined)
  assert.deepEqual(method(root, 'create-directory-at', 'd/new/'), done)
  assert.deepEqual(method(d, 'rename-at', 'x', e, 'y'), done)
  assert.equal(on('e/y'), 'X')
  assert.deepEqual(method(root, 'link-at', NO_FOLLOW, 'a', d, 'hard'), done)
  assert.equal(fs.statSync(path.join(host, 'a')).nlink, 2)
  assert.deepEqual(method(root, 'symlink-at', '../a', 'd/soft'), done)
  assert.equal(on('d/soft'), 'A')
  assert.deepEqual(method(root, 'unlink-file-at', 'd/soft'), done)
  assert.deepEqual(method(root, 'unlink-file-at', 'd/hard'), done)
  assert.deepEqual(method(root, 'remove-directory-at', 'd/new'), done)
  assert.deepEqual(method(root, 'rename-at', 'd', e, 'moved/'), done)
  assert.deepEqual(fs.readdirSync(path.join(host, 'e')).sort(), ['moved', 'y'])
  for (const [result, code] of [
    [method(root, 'remove-directory-at', 'e'), 'not-empty'],
    [method(root, 'remove-directory-at', 'a'), 'not-directory'],
    [method(root, 'remove-directory-at', '.'), 'invalid'],
    [method(root, 'create-directory-at', 'e'), 'exist'],
    [method(root, 'create-directory-at', '.'), 'exist'],
    [method(root, 'unlink-file-at', 'e'), 'is-directory'],
    [method(root, 'unlink-file-at', 'a/'), 'not-directory'],
    [method(root, 'unlink-file-at', 'none'), 'no-entry'],
    [method(root, 'rename-at', 'a/', root, 'b'), 'not-directory'],
    [method(root, 'rename-at', 'a', root, 'b/'), 'not-directory'],
    [method(root, 'link-at', {symlinkFollow: true}, 'a', root, 'b'), 'invalid'],
    [method(root, 'symlink-at', 'a', 'b/'), 'no-entry'],
    [guest.open(root, 'e', 'write'), 'is-directory'],
    [guest.open(root, '.', 'create'), 'is-directory'],
  ])
    assert.deepEqual(result, err(code))
})

test('timestamps are set, kept, or now', t => {
  const {guest, root, host} = writable(t, {a: 'A', 'd/': ''})
  const at = (seconds: bigint, nanoseconds = 0) => ({tag: 'timestamp', val: {seconds, nanoseconds}})
  const keep = {tag: 'no-change'}
  const file = unwrap(guest.open(root, 'a', 'write'))
  assert.deepEqual(guest.method(file, 'set-times', at(1000n, 500_000_000), at(2000n)), ok(undefined))
  assert.deepEqual(guest.method(root, 'set-times-at', NO_FOLLOW, 'a', keep, at(3000n)), ok(undefined))
  const stats = fs.statSync(path.join(host, 'a'))
  assert.deepEqual([stats.atimeMs, stats.mtimeMs], [1_000_500, 3_000_000])
  assert.deepEqual(guest.method(root, 'set-times-at', NO_FOLLOW, 'd', at(5n), keep), ok(undefined))
  assert.deepEqual(guest.method(root, 'set-times-at', NO_FOLLOW, '.', at(5n), {tag: 'now'}), ok(undefined))
  assert.equal(fs.statSync(host).atimeMs, 5000)
  assert.deepEqual(guest.method(file, 'set-times', at(1n, 2e9), keep), err('invalid'))
  assert.deepEqual(guest.method(file, 'set-times', at((1n << 64n) - 1n), keep), err('invalid'))
})

test('a read-only file does not become writable through a writable mount', t => {
  const host = tree(t, {'ro/a': 'A', 'rw/': ''})
  const guest = guestOf(t, [
    {guestPath: '/ro', hostPath: path.join(host, 'ro')},
    {guestPath: '/rw', hostPath: path.join(host, 'rw'), writable: true},
  ])
  const [[ro], [rw]] = guest.call('filesystem/preopens', 'get-directories')
  assert.deepEqual(guest.method(ro, 'link-at', NO_FOLLOW, 'a', rw, 'a'), err('not-permitted'))
  assert.deepEqual(guest.method(ro, 'rename-at', 'a', rw, 'a'), err('not-permitted'))
  assert.deepEqual(guest.method(rw, 'rename-at', 'none', ro, 'a'), err('not-permitted'))
})

test('an event that ends while its file goes to the disk ends well', async t => {
  const {guest, root} = writable(t, {a: 'A'})
  const file = unwrap(guest.open(root, 'a', 'write'))
  const syncing = guest.method(file, 'sync')
  guest.store.clear()
  assert.deepEqual(await syncing, ok(undefined))
  assert.deepEqual(guest.method(file, 'write', utf8('x'), 0n), err('bad-descriptor'))
})
