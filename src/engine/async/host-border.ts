// engine/async/host-border.ts: streams and futures as the host has them.
import {trap} from '../abi/trap.ts'
import type {Chunk} from './chunk.ts'
import type {CopyType} from './copy-end.ts'
import {ErrorContext} from './error-context.ts'
import {HostFuture} from './host-future.ts'
import {GuestFuture, GuestStream} from './host-sink.ts'
import {type HostChunks, HostStream} from './host-stream.ts'
import type {ReadableSide} from './rendezvous.ts'
import type {Scheduler} from './scheduler.ts'

/** A future as a promise, a stream as a GuestStream. What the host itself has given comes back as it was. */
export function toHost(scheduler: Scheduler, side: ReadableSide): Promise<unknown> | GuestStream {
  if (side.kind === 'stream') return new GuestStream(scheduler, side)
  return side instanceof HostFuture ? side.giveBack() : new GuestFuture(scheduler, side)
}

/**
 * A future may be any value or promise; a stream a GuestStream to give on, chunks to iterate, or one chunk of numbers. A
 * stream of another sandbox is read as any other chunks are.
 */
export function fromHost(scheduler: Scheduler, {kind, element}: CopyType, value: unknown): ReadableSide {
  if (kind === 'future') return new HostFuture(scheduler, element, value)
  if (value instanceof GuestStream && value.isOf(scheduler)) return value.take(element)
  const chunks = ArrayBuffer.isView(value) ? [value as unknown as Chunk] : (value as HostChunks)
  return new HostStream(scheduler, element, chunks)
}

/** @throws TRAP_BAD_VALUE */
export function errorContextFromHost(value: unknown): ErrorContext {
  if (!(value instanceof ErrorContext)) trap('TRAP_BAD_VALUE', 'the host gave no ErrorContext')
  return value
}
