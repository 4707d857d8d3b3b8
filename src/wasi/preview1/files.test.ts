import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'node:test'
import {tree} from '../filesystem/fixture.ts'
import {type Fixture, fixtureOf, fixtureOn, fixtureWith, OUT, sink} from './preview1.fixtures.ts'

const TREE = {
  file: '0123456789',
  'dir/inner': 'x',
  'empty/': '',
  link: '->file',
  dangling: '->nowhere',
  loop: '->loop',
  away: '->../..',
  absolute: '->/etc',
}

/** Each case: a call on a fresh TREE, in which 3 is the directory, 4 the file (to read and write), 5 the directory dir. */
type Case = readonly [
  name: string,
  args: (guest: Fixture) => (number | bigint)[],
  errno: string,
  why?: string,
]

const at =
  (...paths: string[]) =>
  (guest: Fixture) =>
    paths.flatMap(each => [3, ...guest.put(each)])
const CASES: readonly Case[] = [
  ['fd_advise', () => [4, 0n, 1n, 0], 'success'],
  ['fd_advise', () => [4, 0n, 1n, 6], 'inval'],
  ['fd_advise', () => [3, 0n, 1n, 0], 'badf'],
  ['fd_advise', () => [0, 0n, 1n, 0], 'badf'],
  ['fd_allocate', () => [4, 0n, 100n], 'notsup'],
  ['fd_allocate', () => [3, 0n, 100n], 'badf'],
  ['fd_close', () => [4], 'success'],
  ['fd_close', () => [3], 'success', 'a preopen too'],
  ['fd_close', () => [9], 'badf'],
  ['fd_datasync', () => [3], 'badf'],
  ['fd_sync', () => [1], 'badf'],
  ['fd_fdstat_get', () => [0, OUT], 'success'],
  ['fd_fdstat_set_flags', () => [4, 1], 'success'],
  ['fd_fdstat_set_flags', () => [4, 5], 'success', 'append and nonblock'],
  ['fd_fdstat_set_flags', () => [4, 2], 'inval', 'dsync'],
  ['fd_fdstat_set_flags', () => [4, 16], 'inval', 'sync'],
  ['fd_fdstat_set_flags', () => [3, 1], 'badf'],
  ['fd_fdstat_set_flags', () => [1, 4], 'badf'],
  ['fd_fdstat_set_rights', () => [4, 0n, 0n], 'notsup'],
  ['fd_fdstat_set_rights', () => [0, 0n, 0n], 'badf'],
  ['fd_filestat_set_size', () => [4, 3n], 'success'],
  ['fd_filestat_set_size', () => [3, 3n], 'badf'],
  ['fd_filestat_set_size', () => [4, 1n << 63n], 'inval'],
  ['fd_filestat_set_size', () => [4, 1n << 60n], 'fbig'],
  ['fd_filestat_set_size', guest => [guest.open('file'), 3n], 'inval', 'opened to read'],
  ['fd_filestat_set_times', () => [4, 1n, 2n, 5], 'success'],
  ['fd_filestat_set_times', () => [5, 1n, 2n, 5], 'success', 'a directory'],
  ['fd_filestat_set_times', () => [4, 1n, 2n, 3], 'inval', 'atim and atim_now'],
  ['fd_filestat_set_times', () => [4, 1n, 2n, 12], 'inval', 'mtim and mtim_now'],
  ['fd_filestat_set_times', () => [4, 1n, 2n, 16], 'inval'],
  ['fd_filestat_set_times', () => [1, 1n, 2n, 5], 'badf'],
  ['fd_prestat_get', () => [3, OUT], 'success'],
  ['fd_prestat_get', () => [5, OUT], 'badf'],
  ['fd_prestat_dir_name', () => [3, OUT, 1], 'success'],
  ['fd_prestat_dir_name', () => [3, OUT, 0], 'nametoolong'],
  ['fd_prestat_dir_name', () => [4, OUT, 8], 'notdir'],
  ['fd_read', guest => [3, ...guest.buffers(4), OUT], 'badf'],
  ['fd_read', guest => [1, ...guest.buffers(4), OUT], 'badf'],
  ['fd_read', guest => [guest.open('file', 'write'), ...guest.buffers(4), OUT], 'badf', 'opened to write'],
  ['fd_pread', guest => [0, ...guest.buffers(4), 0n, OUT], 'spipe'],
  ['fd_pread', guest => [3, ...guest.buffers(4), 0n, OUT], 'badf'],
  ['fd_pread', guest => [4, ...guest.buffers(4), 1n << 63n, OUT], 'inval'],
  ['fd_pread', guest => [4, ...guest.buffers(4), 1n << 60n, OUT], 'success', 'nothing is there'],
  ['fd_write', guest => [0, ...guest.vectors('a'), OUT], 'badf'],
  ['fd_write', guest => [3, ...guest.vectors('a'), OUT], 'badf'],
  ['fd_write', guest => [guest.open('file'), ...guest.vectors('a'), OUT], 'badf', 'opened to read'],
  ['fd_pwrite', guest => [1, ...guest.vectors('a'), 0n, OUT], 'spipe'],
  ['fd_pwrite', guest => [4, ...guest.vectors('a'), 1n << 63n, OUT], 'inval'],
  ['fd_pwrite', guest => [4, ...guest.vectors('a'), 1n << 60n, OUT], 'fbig'],
  ['fd_seek', () => [4, 3n, 0, OUT], 'success'],
  ['fd_seek', () => [4, BigInt.asUintN(64, -1n), 0, OUT], 'inval'],
  ['fd_seek', () => [4, 0n, 3, OUT], 'inval'],
  ['fd_seek', () => [0, 0n, 0, OUT], 'spipe'],
  ['fd_seek', () => [3, 0n, 0, OUT], 'badf'],
  ['fd_tell', () => [1, OUT], 'spipe'],
  ['fd_readdir', () => [4, OUT, 64, 0n, OUT + 256], 'badf'],
  ['fd_renumber', () => [4, 5], 'success'],
  ['fd_renumber', () => [4, 4], 'success'],
  ['fd_renumber', () => [4, 9], 'badf'],
  ['fd_renumber', () => [9, 4], 'badf'],
  ['path_create_directory', at('new'), 'success'],
  ['path_create_directory', at('dir'), 'exist'],
  ['path_create_directory', at('none/new'), 'noent'],
  ['path_create_directory', at('../new'), 'perm'],
  ['path_create_directory', guest => [4, ...guest.put('new')], 'badf'],
  ['path_filestat_get', guest => [3, 0, ...guest.put('none'), OUT], 'noent'],
  ['path_filestat_get', guest => [3, 0, ...guest.put('file/x'), OUT], 'notdir'],
  ['path_filestat_get', guest => [3, 1, ...guest.put('loop'), OUT], 'loop'],
  ['path_filestat_get', guest => [3, 1, ...guest.put('away'), OUT], 'perm'],
  ['path_filestat_get', guest => [3, 1, ...guest.put('absolute/passwd'), OUT], 'perm'],
  ['path_filestat_get', guest => [3, 0, ...guest.put('/etc/passwd'), OUT], 'perm'],
  ['path_filestat_get', guest => [3, 0, ...guest.put('dir/../../x'), OUT], 'perm'],
  ['path_filestat_get', guest => [3, 0, ...guest.put(''), OUT], 'noent'],
  ['path_filestat_get', guest => [3, 0, ...guest.put('a\0b'), OUT], 'inval'],
  ['path_filestat_get', guest => [3, 2, ...guest.put('file'), OUT], 'inval'],
  ['path_filestat_get', guest => [3, 0, ...guest.put('x'.repeat(300)), OUT], 'nametoolong'],
  ['path_filestat_get', guest => [3, 0, ...guest.put('x/'.repeat(10_000)), OUT], 'nametoolong'],
  ['path_filestat_set_times', guest => [3, 0, ...guest.put('file'), 1n, 2n, 5], 'success'],
  ['path_filestat_set_times', guest => [3, 0, ...guest.put('file'), 1n, 2n, 3], 'inval'],
  ['path_filestat_set_times', guest => [3, 0, ...guest.put('none'), 1n, 2n, 5], 'noent'],
  ['path_link', guest => [3, 0, ...guest.put('file'), 3, ...guest.put('second')], 'success'],
  ['path_link', guest => [3, 0, ...guest.put('file'), 3, ...guest.put('dir')], 'exist'],
  ['path_link', guest => [3, 0, ...guest.put('dir'), 3, ...guest.put('second')], 'perm'],
  ['path_link', guest => [3, 1, ...guest.put('link'), 3, ...guest.put('second')], 'inval'],
  ['path_link', guest => [3, 0, ...guest.put('file'), 5, ...guest.put('../../second')], 'perm'],
  ['path_open', guest => [3, 0, ...guest.put('none'), 0, 2n, 0n, 0, OUT], 'noent'],
  ['path_open', guest => [3, 0, ...guest.put('file'), 5, 2n, 0n, 0, OUT], 'exist', 'creat and excl'],
  ['path_open', guest => [3, 0, ...guest.put('file'), 2, 2n, 0n, 0, OUT], 'notdir', 'directory'],
  ['path_open', guest => [3, 0, ...guest.put('dir'), 0, 64n, 0n, 0, OUT], 'isdir', 'to write'],
  ['path_open', guest => [3, 0, ...guest.put('link'), 0, 2n, 0n, 0, OUT], 'loop', 'not followed'],
  ['path_open', guest => [3, 1, ...guest.put('dangling'), 0, 2n, 0n, 0, OUT], 'noent'],
  ['path_open', guest => [3, 0, ...guest.put('file'), 0, 2n, 0n, 16, OUT], 'notsup', 'sync'],
  ['path_open', guest => [3, 0, ...guest.put('file'), 16, 2n, 0n, 0, OUT], 'inval'],
  ['path_open', guest => [3, 0, ...guest.put('file'), 0, 2n, 0n, 32, OUT], 'inval'],
  ['path_open', guest => [4, 0, ...guest.put('file'), 0, 2n, 0n, 0, OUT], 'notdir'],
  ['path_open', guest => [0, 0, ...guest.put('file'), 0, 2n, 0n, 0, OUT], 'badf'],
  ['path_open', guest => [3, 1, ...guest.put('../etc'), 0, 2n, 0n, 0, OUT], 'perm'],
  ['path_readlink', guest => [3, ...guest.put('file'), OUT, 64, OUT + 64], 'inval'],
  ['path_readlink', guest => [3, ...guest.put('absolute'), OUT, 64, OUT + 64], 'perm'],
  ['path_remove_directory', at('empty'), 'success'],
  ['path_remove_directory', at('dir'), 'notempty'],
  ['path_remove_directory', at('file'), 'notdir'],
  ['path_rename', at('file', 'renamed'), 'success'],
  ['path_rename', at('none', 'renamed'), 'noent'],
  ['path_rename', at('dir', 'file'), 'notdir'],
  ['path_rename', at('file', 'empty'), 'isdir'],
  ['path_rename', at('file', '../out'), 'perm'],
  ['path_symlink', guest => [...guest.put('file'), 3, ...guest.put('new')], 'success'],
  ['path_symlink', guest => [...guest.put('/etc'), 3, ...guest.put('new')], 'perm'],
  ['path_symlink', guest => [...guest.put('file'), 3, ...guest.put('dir/')], 'exist'],
  ['path_symlink', guest => [...guest.put('file'), 3, ...guest.put('file/')], 'notdir'],
  ['path_symlink', guest => [...guest.put('file'), 3, ...guest.put('new/')], 'noent'],
  ['path_unlink_file', at('file'), 'success'],
  ['path_unlink_file', at('dir'), 'isdir'],
  ['path_unlink_file', at('none'), 'noent'],
  ['path_unlink_file', at('away/x'), 'perm'],
  ['sock_accept', () => [4, 0, OUT], 'notsock'],
  ['sock_recv', () => [3, 0, 0, 0, OUT, OUT], 'notsock'],
  ['sock_send', () => [1, 0, 0, 0, OUT], 'notsock'],
  ['sock_shutdown', () => [9, 1], 'badf'],
]

for (const [i, [name, args, errno, why]] of CASES.entries())
  test(`${name} ${i}: ${errno}${why === undefined ? '' : ` (${why})`}`, t => {
    const guest = fixtureWith(t, TREE)
    guest.open('file', 'read write')
    guest.open('dir', 'directory')
    assert.equal(guest.call(name, ...args(guest)), errno)
  })

test('a path that is no UTF-8 is EILSEQ', t => {
  const guest = fixtureWith(t, TREE)
  guest.guest.memory.u8.set([0xff, 0xfe], OUT)
  assert.equal(guest.call('path_unlink_file', 3, OUT, 2), 'ilseq')
})

test('a mount that may not be written refuses whatever changes it', t => {
  const guest = fixtureWith(t, TREE, {writable: false})
  const fd = guest.open('file')
  const put = guest.put
  for (const [name, ...args] of [
    ['path_create_directory', 3, ...put('new')],
    ['path_unlink_file', 3, ...put('file')],
    ['path_remove_directory', 3, ...put('empty')],
    ['path_rename', 3, ...put('file'), 3, ...put('new')],
    ['path_link', 3, 0, ...put('file'), 3, ...put('new')],
    ['path_symlink', ...put('file'), 3, ...put('new')],
    ['path_filestat_set_times', 3, 0, ...put('file'), 0n, 0n, 10],
    ['fd_filestat_set_times', fd, 0n, 0n, 10],
    ['fd_filestat_set_size', fd, 1n],
    ['fd_filestat_set_times', 3, 0n, 0n, 10],
    ['path_open', 3, 0, ...put('file'), 8, 2n, 0n, 0, OUT],
    ['path_open', 3, 0, ...put('file'), 0, 64n, 0n, 0, OUT],
    ['path_open', 3, 0, ...put('new'), 1, 2n, 0n, 0, OUT],
  ] as [string, ...number[]][])
    assert.equal(guest.call(name, ...args), 'perm', name)
  assert.deepEqual(
    fs.readdirSync(guest.root).sort(),
    Object.keys(TREE)
      .map(name => name.split('/')[0]!)
      .sort(),
  )
})

test('reads fill all stretches, and the position moves with them', t => {
  const guest = fixtureWith(t, TREE)
  const fd = guest.open('file')
  const [ptr, count] = guest.buffers(3, 0, 4)
  assert.equal(guest.call('fd_read', fd, ptr, count, OUT), 'success')
  assert.equal(guest.u32(), 7)
  assert.equal(guest.bytes(guest.u32(ptr), 3) + guest.bytes(guest.u32(ptr + 16), 4), '0123456')
  assert.equal(guest.call('fd_read', fd, ptr, count, OUT), 'success')
  assert.equal(guest.u32(), 3)
  assert.equal(guest.call('fd_read', fd, ptr, count, OUT), 'success')
  assert.equal(guest.u32(), 0, 'the end')
  assert.equal(guest.call('fd_pread', fd, ptr, count, 8n, OUT), 'success')
  assert.equal(guest.u32(), 2)
  assert.equal(guest.call('fd_tell', fd, OUT), 'success')
  assert.equal(guest.u64(), 10n, 'fd_pread moves nothing')
})

test('writes go to the position, to an offset, or to the end', t => {
  const guest = fixtureWith(t, TREE)
  const content = () => fs.readFileSync(path.join(guest.root, 'file'), 'utf8')
  const fd = guest.open('file', 'read write')
  assert.equal(guest.call('fd_write', fd, ...guest.vectors('ab', 'c'), OUT), 'success')
  assert.equal(guest.u32(), 3)
  assert.equal(guest.call('fd_pwrite', fd, ...guest.vectors('X'), 9n, OUT), 'success')
  assert.equal(content(), 'abc345678X')
  assert.equal(guest.call('fd_fdstat_set_flags', fd, 1), 'success')
  assert.equal(guest.call('fd_write', fd, ...guest.vectors('end'), OUT), 'success')
  assert.equal(guest.call('fd_pwrite', fd, ...guest.vectors('!'), 0n, OUT), 'success')
  assert.equal(content(), 'abc345678Xend!', 'appended, whatever the offset')
  assert.equal(guest.call('fd_fdstat_get', fd, OUT), 'success')
  assert.equal(guest.view.getUint16(OUT + 2, true), 1)
  assert.equal(guest.call('fd_fdstat_set_flags', fd, 0), 'success')
  assert.equal(guest.call('fd_seek', fd, BigInt.asUintN(64, -1n), 2, OUT), 'success')
  assert.equal(guest.u64(), 13n)
  assert.equal(guest.call('fd_seek', fd, BigInt.asUintN(64, -14n), 1, OUT), 'inval', 'before the start')
  assert.equal(guest.call('fd_write', fd, ...guest.vectors('?'), OUT), 'success')
  assert.equal(content(), 'abc345678Xend?')
})

test('a file opened to be read is not written by appending to it', t => {
  const guest = fixtureWith(t, TREE, {writable: false})
  const fd = guest.open('file')
  assert.equal(guest.call('fd_fdstat_set_flags', fd, 1), 'success')
  assert.equal(guest.call('fd_write', fd, ...guest.vectors('x'), OUT), 'badf')
  assert.equal(guest.call('fd_pwrite', fd, ...guest.vectors('x'), 0n, OUT), 'badf')
  assert.equal(fs.readFileSync(path.join(guest.root, 'file'), 'utf8'), TREE.file)
})

test('closing a file that was appended to closes all of it', t => {
  const guest = fixtureWith(t, {})
  const [ptr, count] = guest.vectors('x')
  const [name, length] = guest.put('log')
  for (let i = 0; i < 1100; i++) {
    assert.equal(guest.call('path_open', 3, 0, name, length, 1, 64n, 0n, 1, OUT), 'success')
    assert.equal(guest.call('fd_write', 4, ptr, count, OUT), 'success')
    assert.equal(guest.call('fd_close', 4), 'success')
  }
})

test('two descriptors of a file appended to in turn lose nothing', t => {
  const guest = fixtureWith(t, {})
  const one = guest.open('log', 'write creat append')
  const two = guest.open('log', 'write append')
  for (const fd of [one, two, one]) guest.call('fd_write', fd, ...guest.vectors(`${fd};`), OUT)
  assert.equal(fs.readFileSync(path.join(guest.root, 'log'), 'utf8'), `${one};${two};${one};`)
})

test('filestat tells the same of a descriptor, a path and a link; its inode stays', t => {
  const guest = fixtureWith(t, TREE)
  const fd = guest.open('file', 'read write')
  const stat = (...args: (number | bigint)[]) => {
    assert.equal(
      guest.call(args.length > 1 ? 'path_filestat_get' : 'fd_filestat_get', ...args, OUT),
      'success',
    )
    return Array.from({length: 8}, (_, i) => guest.u64(OUT + 8 * i))
  }
  const first = stat(fd)
  assert.deepEqual(stat(3, 0, ...guest.put('file')), first)
  assert.deepEqual(stat(3, 1, ...guest.put('link')), first)
  assert.deepEqual([first[0], first[2], first[3], first[4]], [1n, 4n, 1n, 10n])
  assert.equal(stat(3, 0, ...guest.put('link'))[2], 7n, 'a symbolic link')
  assert.equal(stat(3)[2], 3n, 'a directory')
  assert.equal(guest.call('fd_filestat_set_size', fd, 3n), 'success')
  assert.equal(
    guest.call('fd_filestat_set_times', fd, 1_234_567_891_234_567_891n, 1_000_000_000_000_000_001n, 5),
    'success',
  )
  const after = stat(fd)
  assert.equal(after[1], first[1])
  assert.deepEqual(after.slice(4, 6), [3n, 1_234_567_891_234_567_891n], 'to the nanosecond')
  assert.equal(after[6], 1_000_000_000_000_000_001n)
})

type Dirent = {name: string; next: bigint; inode: bigint; type: number}

function readdir(
  guest: Fixture,
  fd: number,
  length: number,
  cookie: bigint,
): {entries: Dirent[]; used: number} {
  const buffer = 32_768
  assert.equal(guest.call('fd_readdir', fd, buffer, length, cookie, OUT), 'success')
  const used = guest.u32()
  const entries: Dirent[] = []
  for (let ptr = buffer; ptr + 24 <= buffer + used; ) {
    const nameLength = guest.u32(ptr + 16)
    if (ptr + 24 + nameLength > buffer + used) break
    const type = guest.view.getUint8(ptr + 20)
    entries.push({
      name: guest.bytes(ptr + 24, nameLength),
      next: guest.u64(ptr),
      inode: guest.u64(ptr + 8),
      type,
    })
    ptr += 24 + nameLength
  }
  return {entries, used}
}

test('a directory is listed by name, from any cookie, in pieces that may end in an entry', t => {
  const guest = fixtureWith(t, {b: '', a: '', 'sub/': '', c: '->a'})
  const {entries} = readdir(guest, 3, 4096, 0n)
  assert.deepEqual(
    entries.map(({name, type}) => [name, type]),
    [
      ['.', 3],
      ['..', 3],
      ['a', 4],
      ['b', 4],
      ['c', 7],
      ['sub', 3],
    ],
  )
  assert.equal(guest.call('path_filestat_get', 3, 0, ...guest.put('b'), OUT), 'success')
  assert.equal(entries[3]!.inode, guest.u64(OUT + 8))
  const pieces: string[] = []
  for (let cookie = 0n; ; ) {
    const {entries, used} = readdir(guest, 3, 60, cookie)
    pieces.push(...entries.map(({name}) => name))
    if (used < 60) break
    cookie = entries.at(-1)!.next
  }
  assert.deepEqual(pieces, ['.', '..', 'a', 'b', 'c', 'sub'])
  assert.equal(readdir(guest, 3, 4096, 99n).used, 0)
  assert.equal(readdir(guest, 3, 4096, (1n << 64n) - 1n).used, 0)
  assert.equal(readdir(guest, 3, 0, 0n).used, 0)
})

test('a guest that removes what it lists misses nothing', t => {
  const names = Array.from({length: 40}, (_, i) => `file-${i}`)
  const guest = fixtureWith(t, Object.fromEntries(names.map(name => [name, ''])))
  for (let cookie = 0n; ; ) {
    const {entries, used} = readdir(guest, 3, 200, cookie)
    for (const {name} of entries)
      if (!name.startsWith('.'))
        assert.equal(guest.call('path_unlink_file', 3, ...guest.put(name)), 'success')
    if (used < 200) break
    cookie = entries.at(-1)!.next
  }
  assert.deepEqual(fs.readdirSync(guest.root), [])
  assert.equal(readdir(guest, 3, 4096, 0n).entries.length, 2, 'begun anew')
})

test('listings of many descriptors are not all kept, and still go on', t => {
  const guest = fixtureWith(t, {a: '', b: '', c: ''})
  const fds = Array.from({length: 20}, () => guest.open('.', 'directory'))
  for (const fd of fds) assert.equal(readdir(guest, fd, 4096, 0n).entries.length, 5)
  const kept = fds.filter(fd => guest.guest.files.directory(fd).listing !== undefined)
  assert.deepEqual(kept, fds.slice(4))
  for (const fd of fds)
    assert.deepEqual(
      readdir(guest, fd, 4096, 3n).entries.map(({name}) => name),
      ['b', 'c'],
    )
})

test('preopens come from 3 on, in order, with their names; closed ones are gone', t => {
  const [one, two] = [tree(t, {a: ''}), tree(t, {b: ''})]
  const guest = fixtureOn(t, [
    {guestPath: '/one', hostPath: one},
    {guestPath: 'two', hostPath: two},
  ])
  for (const [fd, name] of [
    [3, '/one'],
    [4, 'two'],
  ] as const) {
    assert.equal(guest.call('fd_prestat_get', fd, OUT), 'success')
    assert.deepEqual([guest.u32(), guest.u32(OUT + 4)], [0, name.length])
    assert.equal(guest.call('fd_prestat_dir_name', fd, OUT, name.length), 'success')
    assert.equal(guest.bytes(OUT, name.length), name)
  }
  assert.equal(guest.call('fd_prestat_get', 5, OUT), 'badf')
  assert.equal(guest.call('fd_close', 3), 'success')
  assert.equal(guest.call('path_filestat_get', 3, 0, ...guest.put('a'), OUT), 'badf')
})

test('the lowest free number is taken; renumbering closes what was there', t => {
  const guest = fixtureWith(t, TREE)
  const [a, b] = [guest.open('file'), guest.open('dir', 'directory')]
  assert.deepEqual([a, b], [4, 5])
  assert.equal(guest.call('fd_renumber', b, a), 'success')
  assert.equal(guest.call('fd_filestat_get', a, OUT), 'success')
  assert.equal(guest.view.getUint8(OUT + 16), 3)
  assert.equal(guest.call('fd_close', b), 'badf')
  assert.equal(guest.open('file'), 5)
  assert.equal(guest.call('fd_renumber', 5, 3), 'success', 'a preopen can be replaced')
  assert.equal(guest.call('fd_prestat_get', 3, OUT), 'badf')
})

test('an event holds a bounded number of descriptors, all closed with it', t => {
  const guest = fixtureWith(t, TREE)
  const count = () => fs.readdirSync('/proc/self/fd').length
  const before = process.platform === 'linux' ? count() : 0
  let errno = 'success'
  let opened = 0
  while (errno === 'success' && opened < 5000) {
    errno = guest.call('path_open', 3, 0, 64, 0, 0, 2n, 0n, 0, OUT)
    if (errno === 'noent') errno = guest.call('path_open', 3, 0, ...guest.put('.'), 2, 2n, 0n, 0, OUT)
    if (errno === 'success') opened++
  }
  assert.equal(errno, 'dquot')
  guest.guest.store.clear()
  if (process.platform === 'linux') assert.ok(count() <= before)
})

test('what is printed arrives as it is; what nobody wants is gone', t => {
  const stdout = sink()
  const guest = fixtureOf(t, {stdout})
  assert.equal(guest.call('fd_write', 1, ...guest.vectors('he', '', 'llo'), OUT), 'success')
  assert.equal(guest.u32(), 5)
  assert.equal(stdout.text, 'hello')
  assert.equal(guest.call('fd_write', 2, ...guest.vectors('lost'), OUT), 'success')
  assert.equal(guest.u32(), 4)
})

test('a reader that went away is EPIPE; a mistake of the host is none of the guest', t => {
  const broken = (thrown: unknown) => ({
    write() {
      throw thrown
    },
  })
  const pipe = Object.assign(new Error('gone'), {code: 'EPIPE'})
  const guest = fixtureOf(t, {stdout: broken(pipe), stderr: broken(new Error('a bug'))})
  assert.equal(guest.call('fd_write', 1, ...guest.vectors('x'), OUT), 'pipe')
  assert.throws(() => guest.call('fd_write', 2, ...guest.vectors('x'), OUT), /a bug/)
})
