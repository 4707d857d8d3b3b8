import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {createInitWasi, InitExit, type InitWasiOptions} from './preview1.ts'

const SUCCESS = 0
const BADF = 8
const NOENT = 44
const ROFS = 69

type Call = (...args: (number | bigint)[]) => number

/** The WASI with a memory, and helpers that put things there. */
function start(options: Partial<InitWasiOptions> = {}) {
  const wasi = createInitWasi({
    files: new Map([['/a/app.js', Buffer.from('0123456789')]]),
    env: {},
    stdin: Buffer.from('input'),
    seed: Buffer.from('seed'),
    ...options,
  })
  const memory = new WebAssembly.Memory({initial: 2})
  wasi.bind(memory)
  const call = wasi.imports as unknown as Readonly<Record<string, Call>>
  const bytes = () => Buffer.from(memory.buffer)
  const view = new DataView(memory.buffer)
  const open = (path: string, flags = 0) => {
    const length = bytes().write(path, 1000)
    const errno = call['path_open']!(3, 0, 1000, length, flags, 0n, 0n, 0, 900)
    return {errno, fd: view.getUint32(900, true)}
  }
  const vector = (pointer: number, length: number) => {
    view.setUint32(800, pointer, true)
    view.setUint32(804, length, true)
  }
  const read = (fd: number, length: number) => {
    vector(2000, length)
    const errno = call['fd_read']!(fd, 800, 1, 900)
    return errno === SUCCESS ? bytes().toString('utf8', 2000, 2000 + view.getUint32(900, true)) : errno
  }
  const write = (fd: number, text: string) => {
    vector(2000, bytes().write(text, 2000))
    return call['fd_write']!(fd, 800, 1, 900)
  }
  return {wasi, call, bytes, view, open, read, write}
}

const paths: [path: string, errno: number][] = [
  ['a/app.js', SUCCESS],
  ['/a/./app.js', SUCCESS],
  ['../../a/app.js', SUCCESS],
  ['a/app.js/..', NOENT],
  ['/etc/passwd', NOENT],
  ['../../../etc/passwd', NOENT],
  ['', NOENT],
]
for (const [path, errno] of paths) {
  test(`opening "${path}" answers ${errno}`, () => assert.equal(start().open(path).errno, errno))
}

test('a file is read in parts, from where one seeks, until its end', () => {
  const {call, open, read} = start()
  const {fd} = open('/a/app.js')
  assert.equal(read(fd, 4), '0123')
  assert.equal(read(fd, 100), '456789')
  assert.equal(read(fd, 100), '')
  assert.equal(call['fd_seek']!(fd, -3n, 2, 900), SUCCESS)
  assert.equal(read(fd, 100), '789')
  assert.equal(call['fd_seek']!(fd, -1n, 0, 900), 28)
  assert.equal(call['fd_close']!(fd), SUCCESS)
  assert.equal(read(fd, 1), BADF)
})

test('nothing can be written but the two outputs', () => {
  const {wasi, call, open, write} = start()
  assert.equal(open('/a/app.js', 1).errno, ROFS)
  assert.equal(open('/new', 1).errno, ROFS)
  assert.equal(open('/a/app.js', 8).errno, ROFS)
  assert.equal(call['path_unlink_file']!(3, 0, 0), ROFS)
  assert.equal(write(4, 'x'), BADF)
  assert.equal(write(1, 'out'), SUCCESS)
  assert.equal(write(2, 'err'), SUCCESS)
  assert.deepEqual([wasi.stdout(), wasi.stderr()], ['out', 'err'])
})

test('output has an end', () => {
  const {wasi, write} = start()
  const text = 'x'.repeat(100_000)
  for (let round = 0; round < 60; round++) assert.equal(write(1, text), SUCCESS)
  assert.ok(wasi.stdout().length < 5_000_000)
})

test('the environment is what was given and no more', () => {
  const {call, bytes, view} = start({env: {A: '1', B: 'zwei'}})
  call['environ_sizes_get']!(100, 104)
  assert.deepEqual([view.getUint32(100, true), view.getUint32(104, true)], [2, 11])
  call['environ_get']!(200, 300)
  assert.equal(bytes().toString('utf8', 300, 311), 'A=1\0B=zwei\0')
})

test('random bytes follow from the seed, clocks stand', () => {
  const draw = (seed: string) => {
    const {call, bytes} = start({seed: Buffer.from(seed)})
    call['random_get']!(100, 1000)
    return bytes().toString('hex', 100, 1100)
  }
  assert.equal(draw('a'), draw('a'))
  assert.notEqual(draw('a'), draw('b'))
  const {call, view} = start()
  call['clock_time_get']!(0, 0n, 100)
  call['clock_time_get']!(1, 0n, 108)
  assert.equal(view.getBigUint64(100, true), view.getBigUint64(108, true))
})

test('exit ends the guest', () => {
  assert.throws(
    () => start().call['proc_exit']!(3),
    (error: unknown) => error instanceof InitExit && error.exitCode === 3,
  )
})

test('whatever path is asked for, only the given files are found', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'app.js', '..', '.', '', 'b')), parts => {
      const {errno, fd} = (({open}) => open(parts.join('/')))(start())
      assert.ok(errno === NOENT || (errno === SUCCESS && fd === 4))
    }),
  )
})
