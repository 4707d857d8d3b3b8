// engine/async/host-border.ts: streams and futures as the host has them.
import type {Chunk} from './buffer.ts'
import type {CopyType} from './copy-end.ts'
import {GuestStream, guestFuture} from './host-sink.ts'
import {type HostChunks, HostFuture, HostStream} from './host-source.ts'
import type {Scheduler} from './scheduler.ts'
import type {ReadableSide} from './stream.ts'

/** A future as a promise, a stream as a GuestStream. */
export function toHost(scheduler: Scheduler, side: ReadableSide): Promise<unknown> | GuestStream {
  return side.kind === 'future' ? guestFuture(scheduler, side) : new GuestStream(scheduler, side)
}

/** A future may be any value or promise; a stream a GuestStream to give on, chunks to iterate, or one chunk of bytes. */
export function fromHost(scheduler: Scheduler, {kind, element}: CopyType, value: unknown): ReadableSide {
  if (kind === 'future') return new HostFuture(scheduler, element, Promise.resolve(value))
  if (value instanceof GuestStream) return value.take()
  const chunks = ArrayBuffer.isView(value) ? [value as unknown as Chunk] : (value as HostChunks)
  return new HostStream(scheduler, element, chunks)
}
