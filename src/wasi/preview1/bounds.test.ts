import assert from 'node:assert/strict'
import {test} from 'node:test'
import {FUNCTIONS} from './functions.ts'
import {fixtureWith, MEMORY_BYTES, OUT} from './preview1.fixtures.ts'

// Every function with arguments that are valid but for its pointers. P stands for a pointer that the case moves, PL for
// one whose length follows.
const P = 'pointer'
type Argument = number | bigint | typeof P

const FILE = 4
const CALLS: Readonly<Record<string, readonly (readonly Argument[])[]>> = {
  args_get: [
    [P, OUT],
    [OUT, P],
  ],
  args_sizes_get: [
    [P, OUT],
    [OUT, P],
  ],
  environ_get: [
    [P, OUT],
    [OUT, P],
  ],
  environ_sizes_get: [
    [P, OUT],
    [OUT, P],
  ],
  clock_res_get: [[0, P]],
  clock_time_get: [[1, 0n, P]],
  fd_advise: [],
  fd_allocate: [],
  fd_close: [],
  fd_datasync: [],
  fd_fdstat_get: [
    [FILE, P],
    [3, P],
    [0, P],
  ],
  fd_fdstat_set_flags: [],
  fd_fdstat_set_rights: [],
  fd_filestat_get: [
    [FILE, P],
    [3, P],
    [1, P],
  ],
  fd_filestat_set_size: [],
  fd_filestat_set_times: [],
  fd_pread: [
    [FILE, P, 1, 0n, OUT],
    [FILE, 64, 1, 0n, P],
  ],
  fd_prestat_get: [[3, P]],
  fd_prestat_dir_name: [[3, P, 64]],
  fd_pwrite: [
    [FILE, P, 1, 0n, OUT],
    [FILE, 64, 1, 0n, P],
  ],
  fd_read: [
    [FILE, P, 1, OUT],
    [FILE, 64, 1, P],
    [0, P, 1, OUT],
    [0, 64, 1, P],
  ],
  fd_readdir: [
    [3, P, 64, 0n, OUT],
    [3, OUT, 64, 0n, P],
  ],
  fd_renumber: [],
  fd_seek: [[FILE, 0n, 0, P]],
  fd_sync: [],
  fd_tell: [[FILE, P]],
  fd_write: [
    [FILE, P, 1, OUT],
    [FILE, 64, 1, P],
    [1, P, 1, OUT],
    [1, 64, 1, P],
  ],
  path_create_directory: [[3, P, 8]],
  path_filestat_get: [
    [3, 0, P, 8, OUT],
    [3, 0, 64, 1, P],
  ],
  path_filestat_set_times: [[3, 0, P, 8, 0n, 0n, 0]],
  path_link: [
    [3, 0, P, 8, 3, 64, 1],
    [3, 0, 64, 1, 3, P, 8],
  ],
  path_open: [
    [3, 0, P, 8, 0, 2n, 0n, 0, OUT],
    [3, 0, 64, 1, 0, 2n, 0n, 0, P],
  ],
  path_readlink: [
    [3, P, 8, OUT, 8, OUT + 64],
    [3, 64, 1, P, 8, OUT],
    [3, 64, 1, OUT, 8, P],
  ],
  path_remove_directory: [[3, P, 8]],
  path_rename: [
    [3, P, 8, 3, 64, 1],
    [3, 64, 1, 3, P, 8],
  ],
  path_symlink: [
    [P, 8, 3, 64, 1],
    [64, 1, 3, P, 8],
  ],
  path_unlink_file: [[3, P, 8]],
  poll_oneoff: [
    [P, OUT, 1, OUT + 64],
    [64, P, 1, OUT],
    [64, OUT, 1, P],
  ],
  proc_exit: [],
  proc_raise: [],
  random_get: [[P, 8]],
  sched_yield: [],
  sock_accept: [],
  sock_recv: [],
  sock_send: [],
  sock_shutdown: [],
}

/** The last is inside, but for what lies behind it. */
const OUTSIDE = [MEMORY_BYTES, MEMORY_BYTES - 1, 0x7fff_fff8, 0x8000_0000, 0xffff_fff8, 0xffff_ffff]

const CONFIG = {args: () => ['a', 'b'], environment: () => [['K', 'V']] as const}

test('the table names every function of wasi_snapshot_preview1', () => {
  assert.equal(FUNCTIONS.size, 46)
  assert.deepEqual(Object.keys(CALLS).sort(), [...FUNCTIONS.keys()].sort())
})

for (const [name, calls] of Object.entries(CALLS)) {
  if (calls.length === 0) continue
  test(`${name}: a pointer out of bounds is EFAULT, and nothing has happened`, t => {
    const guest = fixtureWith(t, {f: 'content'}, CONFIG)
    assert.equal(guest.open('f', 'read write'), FILE)
    const before = Buffer.from(guest.guest.memory.u8)
    for (const args of calls)
      for (const pointer of OUTSIDE) {
        const given = args.map(each => (each === P ? pointer : each))
        assert.equal(guest.call(name, ...given), 'fault', `${name}(${given.map(String)})`)
        assert.ok(before.equals(guest.guest.memory.u8), `${name}(${given.map(String)}) wrote`)
      }
    assert.equal(guest.call('fd_filestat_get', FILE, OUT), 'success')
    assert.equal(guest.u64(OUT + 32), 7n, 'the file is as it was')
    assert.equal(guest.call('fd_fdstat_get', 5, OUT), 'badf', 'nothing was opened')
  })
}

for (const name of ['fd_read', 'fd_write', 'fd_pread', 'fd_pwrite'])
  test(`${name}: counts and lengths that no memory holds`, t => {
    const guest = fixtureWith(t, {f: 'content'})
    const fd = guest.open('f', 'read write')
    const offset = name.startsWith('fd_p') ? [0n] : []
    for (const count of [0x2000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])
      assert.equal(guest.call(name, fd, 64, count, ...offset, OUT), 'fault')
    for (const [start, length] of [
      [0, 0xffff_ffff],
      [0xffff_ffff, 1],
      [MEMORY_BYTES, 1],
      [1, MEMORY_BYTES],
    ]) {
      const [ptr] = guest.buffers(4, 4)
      guest.view.setUint32(ptr + 8, start!, true)
      guest.view.setUint32(ptr + 12, length!, true)
      assert.equal(guest.call(name, fd, ptr, 2, ...offset, OUT), 'fault', 'even where the first would do')
    }
    assert.equal(guest.call('fd_filestat_get', fd, OUT), 'success')
    assert.equal(guest.u64(OUT + 32), 7n)
  })

test('a write names one stretch a thousand times: what one call moves is bounded', t => {
  const guest = fixtureWith(t, {})
  const fd = guest.open('f', 'write creat')
  const ptr = 16_384
  for (let i = 0; i < 1100; i++) {
    guest.view.setUint32(ptr + 8 * i, 0, true)
    guest.view.setUint32(ptr + 8 * i + 4, 60_000, true)
  }
  assert.equal(guest.call('fd_write', fd, ptr, 1100, OUT), 'success')
  assert.equal(guest.u32(), 16 * 1024 * 1024)
})

test('poll_oneoff refuses more subscriptions than an event may have descriptors', t => {
  const guest = fixtureWith(t, {})
  guest.guest.memory.memory.grow(0)
  for (const count of [0x2000_0000, 0x8000_0000, 0xffff_ffff])
    assert.equal(guest.call('poll_oneoff', 0, 0, count, OUT), 'fault')
  assert.equal(guest.call('poll_oneoff', 0, 0, 0, OUT), 'inval')
})

test('descriptors that nobody gave', t => {
  const guest = fixtureWith(t, {f: ''})
  for (const fd of [4, 5, 1000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    for (const name of ['fd_close', 'fd_sync', 'fd_datasync'])
      assert.equal(guest.call(name, fd), 'badf', name)
    for (const name of ['fd_fdstat_get', 'fd_filestat_get', 'fd_prestat_get', 'fd_tell'])
      assert.equal(guest.call(name, fd, OUT), 'badf', name)
    assert.equal(guest.call('fd_renumber', 1, fd), 'badf')
    assert.equal(guest.call('fd_renumber', fd, 1), 'badf')
    assert.equal(guest.call('path_unlink_file', fd, ...guest.put('f')), 'badf')
    assert.equal(guest.call('sock_shutdown', fd, 0), 'badf')
  }
})
