// wasi/io/input-stream.ts: the functions of wasi:io/streams' input-stream, built on the non-blocking `InputStream`.
import {ok, type Result} from '../../base/result.ts'
import {blockingFunction, type HostItem, hostFunction, hostResource} from '../../engine/link/imports.ts'
import {Subscription, turn, untilReady} from './poll.ts'
import type {InputStream, StreamError} from './streams.ts'

/** The most that one read gives, whatever the guest asks for: a read of 2^63 bytes must cost nothing. */
export const MAX_READ = 256 * 1024

type Bytes = Result<Uint8Array, StreamError>
type Count = Result<bigint, StreamError>

/** A guest's u64 length as a number that a read may be asked for. */
export const readLength = (length: bigint): number => (length > MAX_READ ? MAX_READ : Number(length))

function blockingRead(stream: InputStream, length: bigint): Bytes | Promise<Bytes> {
  const max = readLength(length)
  if (stream.ready()) {
    const bytes = stream.read(max)
    if (bytes.tag === 'err' || bytes.val.length > 0 || max === 0) return bytes
  }
  return waitingRead(stream, max)
}

async function waitingRead(stream: InputStream, max: number): Promise<Bytes> {
  for (;;) {
    await untilReady(stream)
    const bytes = stream.read(max)
    if (bytes.tag === 'err' || bytes.val.length > 0 || max === 0) return bytes
    // Ready, yet nothing there: whoever said so was early, and a turn for others keeps this from spinning.
    await turn()
  }
}

const counted = (bytes: Bytes): Count => (bytes.tag === 'ok' ? ok(BigInt(bytes.val.length)) : bytes)

function blockingSkip(stream: InputStream, length: bigint): Count | Promise<Count> {
  const bytes = blockingRead(stream, length)
  return bytes instanceof Promise ? bytes.then(counted) : counted(bytes)
}

export const inputStreamItems: Readonly<Record<string, HostItem>> = {
  'input-stream': hostResource<InputStream>((_, stream) => stream.drop?.()),
  '[method]input-stream.read': hostFunction((_, stream: InputStream, length: bigint) =>
    stream.read(readLength(length)),
  ),
  '[method]input-stream.blocking-read': blockingFunction((_, stream: InputStream, length: bigint) =>
    blockingRead(stream, length),
  ),
  '[method]input-stream.skip': hostFunction((_, stream: InputStream, length: bigint) =>
    counted(stream.read(readLength(length))),
  ),
  '[method]input-stream.blocking-skip': blockingFunction((_, stream: InputStream, length: bigint) =>
    blockingSkip(stream, length),
  ),
  '[method]input-stream.subscribe': hostFunction((_, stream: InputStream) => new Subscription(stream)),
}
