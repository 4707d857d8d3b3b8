// wasi/preview1/transfer.ts: fd_read, fd_pread, fd_write, fd_pwrite, fd_seek, fd_tell.
import fs from 'node:fs'
import type {Result} from '../../base/result.ts'
import {causeIn} from '../errors.ts'
import {statsOf} from '../filesystem/descriptor.ts'
import type {ErrorCode} from '../filesystem/error-code.ts'
import {reopen} from '../filesystem/host-directory.ts'
import {OpenFile} from '../filesystem/open-file.ts'
import {inputStreamItems} from '../io/input-stream.ts'
import type {InputStream, StreamError} from '../io/streams.ts'
import {WHENCE} from './constants.ts'
import {fail, unwrap} from './errno.ts'
import type {FileEntry, InputEntry, OutputEntry} from './fd-table.ts'
import {type Completion, type Preview1Function, plain, waiting} from './function.ts'
import {type Guest, reach, readVectors, type Span, scatter, totalOf} from './guest.ts'

const MAX_OFFSET = (1n << 63n) - 1n
/** What one write to a standard stream may hold; larger prints arrive in pieces. */
const PRINT_BYTES = 64 * 1024

type Read = Result<Uint8Array, StreamError>
const blockingRead = inputStreamItems['[method]input-stream.blocking-read'] as {
  call: (...args: unknown[]) => Read | Promise<Read>
}

/** Files answer at once, and are read right into the guest's memory. */
function readFile(guest: Guest, {descriptor}: FileEntry, spans: readonly Span[], offset: bigint): number {
  if (!descriptor.read) fail('badf')
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) return 0
  const {u8} = guest.memory
  let done = 0
  for (const {ptr, length} of spans) {
    const count = fs.readSync(descriptor.file.fd, u8, ptr, length, Number(offset) + done)
    done += count
    if (count < length) break
  }
  return done
}

const errorOf = (error: StreamError): never =>
  error.tag === 'closed'
    ? fail('io')
    : unwrap<never>({tag: 'err', val: (causeIn('filesystem', error.val) ?? 'io') as ErrorCode})

/** The bytes of a read; none at the end of the stream. */
function bytesOf(read: Read): Uint8Array | undefined {
  if (read.tag === 'ok') return read.val
  return read.val.tag === 'closed' ? undefined : errorOf(read.val)
}

function readInput(
  guest: Guest,
  entry: InputEntry,
  spans: readonly Span[],
  out: number,
): undefined | Promise<Completion> {
  const finish = (read: Read): undefined => {
    const bytes = bytesOf(read)
    const {memory} = guest
    if (bytes !== undefined) scatter(memory, spans, bytes)
    memory.view.setUint32(out, bytes?.length ?? 0, true)
  }
  const max = totalOf(spans)
  if (entry.stream === undefined || max === 0) return finish({tag: 'err', val: {tag: 'closed'}})
  if (entry.nonblock) return readNow(entry.stream, max, finish)
  const read = blockingRead.call(guest.store, entry.stream, BigInt(max))
  return read instanceof Promise ? read.then(bytes => () => finish(bytes)) : finish(read)
}

function readNow(stream: InputStream, max: number, finish: (read: Read) => undefined): undefined {
  if (!stream.ready()) fail('again')
  const read = stream.read(max)
  if (read.tag === 'ok' && read.val.length === 0) fail('again')
  return finish(read)
}

function fdRead(guest: Guest, fd: number, iovs: number, count: number, out: number) {
  reach(guest, out, 4)
  const spans = readVectors(guest, iovs, count)
  const entry = guest.files.get(fd)
  if (entry.kind === 'input') return readInput(guest, entry, spans, out)
  if (entry.kind !== 'file') return fail('badf')
  const done = readFile(guest, entry, spans, entry.position)
  entry.position += BigInt(done)
  guest.memory.view.setUint32(out, done, true)
  return undefined
}

function fdPread(guest: Guest, fd: number, iovs: number, count: number, offset: bigint, out: number) {
  reach(guest, out, 4)
  const spans = readVectors(guest, iovs, count)
  const entry = guest.files.get(fd)
  if (entry.kind === 'input') return fail('spipe')
  if (entry.kind !== 'file') return fail('badf')
  if (offset > MAX_OFFSET) fail('inval')
  guest.memory.view.setUint32(out, readFile(guest, entry, spans, offset), true)
  return undefined
}

/** Writes one stretch after the other; a failure after the first shows at the next call. */
function writeEach(
  guest: Guest,
  spans: readonly Span[],
  write: (bytes: Uint8Array, done: number) => void,
): number {
  const {u8} = guest.memory
  let done = 0
  for (const {ptr, length} of spans) {
    try {
      write(u8.subarray(ptr, ptr + length), done)
    } catch (thrown) {
      if (done === 0) throw thrown
      break
    }
    done += length
  }
  return done
}

/** The file opened to append; undefined where the system has no way to do that. */
function appending(guest: Guest, entry: FileEntry): OpenFile | undefined {
  if (entry.appending === undefined) {
    const fd = reopen(entry.descriptor.file.fd, fs.constants.O_WRONLY | fs.constants.O_APPEND)
    if (fd !== undefined) entry.appending = new OpenFile(guest.store, fd)
  }
  return entry.appending
}

const sizeOf = ({descriptor}: FileEntry): bigint => {
  const stats = statsOf(descriptor)
  return 'kind' in stats ? 0n : stats.size
}

function writeFile(guest: Guest, entry: FileEntry, spans: readonly Span[], offset: bigint): number {
  const {file, write} = entry.descriptor
  if (!write) fail('badf')
  if (!entry.append) return writeEach(guest, spans, (bytes, done) => file.write(bytes, offset + BigInt(done)))
  const end = appending(guest, entry)
  return writeEach(guest, spans, bytes =>
    end === undefined ? file.write(bytes, sizeOf(entry)) : end.write(bytes, null),
  )
}

/** What is printed is copied: it becomes the sink's. */
function print(guest: Guest, {sink}: OutputEntry, spans: readonly Span[]): number {
  if (sink === undefined) return totalOf(spans)
  return writeEach(guest, spans, bytes => {
    for (let at = 0; at < bytes.length; at += PRINT_BYTES)
      sink.write(bytes.slice(at, at + PRINT_BYTES), guest.store)
  })
}

function fdWrite(guest: Guest, fd: number, iovs: number, count: number, out: number) {
  const memory = reach(guest, out, 4)
  const spans = readVectors(guest, iovs, count)
  const entry = guest.files.get(fd)
  if (entry.kind === 'output') memory.view.setUint32(out, print(guest, entry, spans), true)
  else if (entry.kind !== 'file') fail('badf')
  else {
    const done = writeFile(guest, entry, spans, entry.position)
    entry.position = entry.append ? sizeOf(entry) : entry.position + BigInt(done)
    memory.view.setUint32(out, done, true)
  }
  return undefined
}

/** Linux's pwrite: what is opened to append ignores the offset. */
function fdPwrite(guest: Guest, fd: number, iovs: number, count: number, offset: bigint, out: number) {
  const memory = reach(guest, out, 4)
  const spans = readVectors(guest, iovs, count)
  const entry = guest.files.get(fd)
  if (entry.kind === 'output') return fail('spipe')
  if (entry.kind !== 'file') return fail('badf')
  if (offset > MAX_OFFSET) fail('inval')
  memory.view.setUint32(out, writeFile(guest, entry, spans, offset), true)
  return undefined
}

function fdSeek(guest: Guest, fd: number, delta: bigint, whence: number, out: number) {
  const {view} = reach(guest, out, 8)
  if (whence > WHENCE.end) fail('inval')
  const entry = guest.files.seekable(fd)
  const from = whence === WHENCE.set ? 0n : whence === WHENCE.cur ? entry.position : sizeOf(entry)
  const to = from + BigInt.asIntN(64, delta)
  if (to < 0n || to > MAX_OFFSET) fail('inval')
  entry.position = to
  view.setBigUint64(out, to, true)
  return undefined
}

export const transferFunctions: Readonly<Record<string, Preview1Function>> = {
  fd_read: waiting('iiii', fdRead),
  fd_pread: plain('iiiIi', fdPread),
  fd_write: plain('iiii', fdWrite),
  fd_pwrite: plain('iiiIi', fdPwrite),
  fd_seek: plain('iIii', fdSeek),
  fd_tell: plain('ii', (guest: Guest, fd: number, out: number) => {
    const {view} = reach(guest, out, 8)
    view.setBigUint64(out, guest.files.seekable(fd).position, true)
    return undefined
  }),
}
