// wasi/io/output-stream.ts: the functions of wasi:io/streams' output-stream, built on the non-blocking `OutputStream`.
import {ok, type Result} from '../../base/result.ts'
import {blockingFunction, type HostItem, hostFunction, hostResource} from '../../engine/link/imports.ts'
import {trap} from '../errors.ts'
import {readLength} from './input-stream.ts'
import {Subscription, turn, untilReady} from './poll.ts'
import type {InputStream, OutputStream, StreamError} from './streams.ts'

type Done = Result<undefined, StreamError>
type Count = Result<bigint, StreamError>

const NONE = ok(0n)

/** The most that blocking-write-zeroes-and-flush takes; the specification demands 4096. */
const MAX_ZEROES = 64n * 1024n

/** Most streams have the same room each time they are asked. */
let lastRoom = 0
let lastCount: Count = NONE

function checkWrite(stream: OutputStream): Count {
  const room = stream.checkWrite()
  if (room.tag === 'err') return room
  if (room.val !== lastRoom) {
    lastRoom = room.val
    lastCount = ok(BigInt(room.val))
  }
  return lastCount
}

/**
 * wasi:io/streams: writing more than check-write permitted traps.
 * The permit is asked for anew: only the guest's own writes make it smaller, so it is never less than what it was told.
 */
function permitted(stream: OutputStream, length: number): Result<number, StreamError> {
  const room = stream.checkWrite()
  if (room.tag === 'ok' && length > room.val)
    throw trap(`a write of ${length} bytes to an output-stream whose check-write permits ${room.val}`)
  return room
}

function write(stream: OutputStream, bytes: Uint8Array): Done {
  const room = permitted(stream, bytes.length)
  return room.tag === 'ok' ? stream.write(bytes) : room
}

function writeZeroes(stream: OutputStream, length: bigint): Done {
  const bytes = Number(length)
  const room = permitted(stream, bytes)
  return room.tag === 'ok' ? stream.write(new Uint8Array(bytes)) : room
}

/** Writes from `from` on until all is written (the length), the stream is full (less) or failed. */
function writeSome(stream: OutputStream, bytes: Uint8Array, from: number): Result<number, StreamError> {
  while (from < bytes.length) {
    const room = stream.checkWrite()
    if (room.tag === 'err') return room
    if (room.val <= 0) break
    const chunk = from === 0 && bytes.length <= room.val ? bytes : bytes.subarray(from, from + room.val)
    const done = stream.write(chunk)
    if (done.tag === 'err') return done
    from += chunk.length
  }
  return ok(from)
}

/**
 * Writes what check-write permits, waits, goes on; flushes; waits.
 * The specification lets a host take only 4096 bytes here; more is no harm, and some hosts take it.
 */
function blockingWriteAndFlush(stream: OutputStream, bytes: Uint8Array): Done | Promise<Done> {
  const written = writeSome(stream, bytes, 0)
  if (written.tag === 'err') return written
  return written.val === bytes.length ? blockingFlush(stream) : waitingWrite(stream, bytes, written.val)
}

async function waitingWrite(stream: OutputStream, bytes: Uint8Array, from: number): Promise<Done> {
  while (from < bytes.length) {
    await (untilReady(stream) ?? turn())
    const written = writeSome(stream, bytes, from)
    if (written.tag === 'err') return written
    from = written.val
  }
  return blockingFlush(stream)
}

function blockingWriteZeroes(stream: OutputStream, length: bigint): Done | Promise<Done> {
  if (length > MAX_ZEROES)
    throw trap(`blocking-write-zeroes-and-flush of ${length} bytes, more than ${MAX_ZEROES}`)
  return blockingWriteAndFlush(stream, new Uint8Array(Number(length)))
}

function blockingFlush(stream: OutputStream): Done | Promise<Done> {
  const asked = stream.flush()
  if (asked.tag === 'err') return asked
  const wait = untilReady(stream)
  return wait === undefined ? outcome(stream) : wait.then(() => outcome(stream))
}

/** A flush's error shows at the next check-write. */
function outcome(stream: OutputStream): Done {
  const room = stream.checkWrite()
  return room.tag === 'err' ? room : ok(undefined)
}

/** Moves what the source has and the sink takes, at most `length`. */
function splice(sink: OutputStream, source: InputStream, length: bigint): Count {
  const room = sink.checkWrite()
  if (room.tag === 'err') return room
  const max = Math.min(room.val, readLength(length))
  if (max === 0) return NONE
  const bytes = source.read(max)
  if (bytes.tag === 'err') return bytes
  if (bytes.val.length === 0) return NONE
  const done = sink.write(bytes.val)
  return done.tag === 'err' ? done : ok(BigInt(bytes.val.length))
}

function blockingSplice(sink: OutputStream, source: InputStream, length: bigint): Count | Promise<Count> {
  if (sink.ready() && source.ready()) return splice(sink, source, length)
  return waitingSplice(sink, source, length)
}

async function waitingSplice(sink: OutputStream, source: InputStream, length: bigint): Promise<Count> {
  await untilReady(sink)
  await untilReady(source)
  return splice(sink, source, length)
}

export const outputStreamItems: Readonly<Record<string, HostItem>> = {
  'output-stream': hostResource<OutputStream>((_, stream) => stream.drop?.()),
  '[method]output-stream.check-write': hostFunction((_, stream: OutputStream) => checkWrite(stream)),
  '[method]output-stream.write': hostFunction((_, stream: OutputStream, bytes: Uint8Array) =>
    write(stream, bytes),
  ),
  '[method]output-stream.blocking-write-and-flush': blockingFunction(
    (_, stream: OutputStream, bytes: Uint8Array) => blockingWriteAndFlush(stream, bytes),
  ),
  '[method]output-stream.flush': hostFunction((_, stream: OutputStream) => stream.flush()),
  '[method]output-stream.blocking-flush': blockingFunction((_, stream: OutputStream) =>
    blockingFlush(stream),
  ),
  '[method]output-stream.subscribe': hostFunction((_, stream: OutputStream) => new Subscription(stream)),
  '[method]output-stream.write-zeroes': hostFunction((_, stream: OutputStream, length: bigint) =>
    writeZeroes(stream, length),
  ),
  '[method]output-stream.blocking-write-zeroes-and-flush': blockingFunction(
    (_, stream: OutputStream, length: bigint) => blockingWriteZeroes(stream, length),
  ),
  '[method]output-stream.splice': hostFunction((_, sink: OutputStream, source: InputStream, length: bigint) =>
    splice(sink, source, length),
  ),
  '[method]output-stream.blocking-splice': blockingFunction(
    (_, sink: OutputStream, source: InputStream, length: bigint) => blockingSplice(sink, source, length),
  ),
}
