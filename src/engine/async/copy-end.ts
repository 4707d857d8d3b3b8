// engine/async/copy-end.ts: the ends of streams and futures in a handle table, and their built-ins: stream.new … drop-writable
// and future.new … drop-writable (CanonicalABI.md).
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import {type ElementCodec, GuestBuffer} from './buffer.ts'
import {SharedFuture} from './future.ts'
import type {Instance} from './instance.ts'
import {
  COPY,
  type CopyCallbacks,
  type CopyResult,
  type ReadableSide,
  type WritableSide,
} from './rendezvous.ts'
import {SharedStream} from './stream.ts'
import type {Thread} from './thread.ts'
import {BLOCKED, EVENT, type Event, Waitable} from './waitable.ts'

type EndState = 'idle' | 'copying' | 'cancelling' | 'done'

abstract class CopyEnd extends Waitable {
  abstract readonly shared: ReadableSide | WritableSide
  abstract readonly verb: 'read' | 'write'
  state: EndState = 'idle'
  /** Whether the other side may still copy, so that there is something to cancel. */
  isOpen = false

  get isCopying(): boolean {
    return this.state === 'copying' || this.state === 'cancelling'
  }

  get isDone(): boolean {
    return this.state === 'done'
  }
}

export class ReadableEnd extends CopyEnd {
  readonly shared: ReadableSide
  readonly verb = 'read'

  constructor(shared: ReadableSide) {
    super()
    this.shared = shared
  }

  get kind(): string {
    return `the readable end of a ${this.shared.kind}`
  }

  describe(): string {
    return this.isCopying
      ? `a writer of the ${this.shared.kind} it reads`
      : `a ${this.shared.kind} that it does not read`
  }
}

export class WritableEnd extends CopyEnd {
  readonly shared: WritableSide
  readonly verb = 'write'

  constructor(shared: WritableSide) {
    super()
    this.shared = shared
  }

  get kind(): string {
    return `the writable end of a ${this.shared.kind}`
  }

  describe(): string {
    return this.isCopying
      ? `a reader of the ${this.shared.kind} it writes`
      : `a ${this.shared.kind} that it does not write`
  }
}

/** A stream or future type as emitted code describes it; equal types have one element object. */
export type CopyType = Readonly<{kind: 'stream' | 'future'; element: Type | undefined}>

const EVENTS = {
  stream: {read: EVENT.streamRead, write: EVENT.streamWrite},
  future: {read: EVENT.futureRead, write: EVENT.futureWrite},
} as const

const WHOLE = new BigUint64Array(1)
/** Its halves, the lower one first, as all machines have it that V8 runs on. */
const HALVES = new Uint32Array(WHOLE.buffer)

/** stream.new and future.new: the readable end's index, and in the upper half the writable one's. */
export function copyNew(instance: Instance, {kind, element}: CopyType): bigint {
  instance.checkLeave()
  const shared = kind === 'stream' ? new SharedStream(element) : new SharedFuture(element)
  const readable = instance.handles.put(new ReadableEnd(shared))
  const writable = instance.handles.put(new WritableEnd(shared))
  HALVES[0] = readable
  HALVES[1] = writable
  return WHOLE[0]!
}

function endAt(
  instance: Instance,
  type: CopyType,
  verb: 'read' | 'write',
  index: number,
): ReadableEnd | WritableEnd {
  const entry = instance.handles.entry(index)
  const end = entry instanceof (verb === 'read' ? ReadableEnd : WritableEnd) ? entry : undefined
  if (end === undefined || end.shared.kind !== type.kind || end.shared.element !== type.element)
    trap(
      'TRAP_BAD_HANDLE',
      `${index} is not what one can ${verb} of this ${type.kind} type: handle index ${index} used with the wrong type`,
    )
  return end
}

/** Whether there is nothing more to be had, and why. */
function finished(kind: 'stream' | 'future', verb: 'read' | 'write' | 'lift'): string {
  const writes = verb === 'write'
  if (kind === 'stream')
    return `${writes ? 'write to' : verb === 'lift' ? 'lift' : 'read from'} stream after being notified that the ${writes ? 'readable' : 'writable'} end dropped`
  return writes
    ? 'write to future after previous write succeeded or readable end dropped'
    : `${verb === 'lift' ? 'lift' : 'read from'} future after previous read succeeded`
}

export type CopyBuiltin = Readonly<{
  type: CopyType
  verb: 'read' | 'write'
  async: boolean
  codec: ElementCodec | undefined
  /** Whether the result is an i64: that of a stream has its memory's address type. */
  wide: boolean
}>

/**
 * stream.read and .write, future.read and .write (there `length` is 1). Gives the result, for streams with the number
 * of elements above four bits; or BLOCKED.
 */
export function copy(
  thread: Thread,
  {type, verb, async, codec, wide}: CopyBuiltin,
  index: number,
  pointer: number,
  length: number,
): number | bigint | Promise<number | bigint> {
  const {instance} = thread
  instance.checkLeave()
  if (!async) thread.checkMayBlock()
  const end = endAt(instance, type, verb, index)
  if (end.isDone) trap('TRAP_ASYNC', `cannot ${finished(type.kind, verb)}`)
  if (end.state !== 'idle') trap('TRAP_ASYNC', 'cannot have concurrent operations active on a future/stream')
  if (!async) end.checkNotInSet()
  const buffer = new GuestBuffer(codec, pointer, length)
  const isStream = type.kind === 'stream'

  const event = (result: CopyResult, reclaim?: () => void): Event => {
    reclaim?.()
    end.isOpen = false
    end.state = result === COPY.dropped || (!isStream && result === COPY.completed) ? 'done' : 'idle'
    return [EVENTS[type.kind][verb], index, isStream ? (result | (buffer.progress << 4)) >>> 0 : result]
  }
  const callbacks: CopyCallbacks = {
    copied: reclaim => end.setPending(() => event(COPY.completed, reclaim)),
    done: result => {
      end.isOpen = false
      end.setPending(() => event(result))
    },
  }
  end.state = 'copying'
  end.isOpen = true
  if (end instanceof ReadableEnd) end.shared.read(instance, buffer, callbacks)
  else end.shared.write(instance, buffer, callbacks)
  return wide ? outcome(thread, end, async, WIDE) : outcome(thread, end, async, NARROW)
}

type Results<T> = Readonly<{payload: (event: Event) => T; blocked: T}>

const NARROW: Results<number> = {payload: event => event[2], blocked: BLOCKED}
const WIDE: Results<bigint> = {payload: event => BigInt(event[2]), blocked: BigInt(BLOCKED)}

function outcome<T>(
  thread: Thread,
  end: CopyEnd,
  async: boolean,
  {payload, blocked}: Results<T>,
): T | Promise<T> {
  if (end.hasPending) return payload(end.takePending())
  return async ? blocked : end.awaitPending(thread, payload)
}

/** stream.cancel-read … future.cancel-write; gives what the copy gives. */
export function copyCancel(
  thread: Thread,
  type: CopyType,
  verb: 'read' | 'write',
  async: boolean,
  index: number,
): number | Promise<number> {
  const {instance} = thread
  instance.checkLeave()
  if (!async) thread.checkMayBlock()
  const end = endAt(instance, type, verb, index)
  if (end.state !== 'copying' || end.hasSyncWaiter)
    trap('TRAP_ASYNC', `cannot cancel a ${verb} that is not under way`)
  if (!async) end.checkNotInSet()
  end.state = 'cancelling'
  if (end.isOpen) end.shared.cancel()
  return outcome(thread, end, async, NARROW)
}

/** stream.drop-readable … future.drop-writable */
export function copyDrop(instance: Instance, type: CopyType, verb: 'read' | 'write', index: number): void {
  instance.checkLeave()
  const end = endAt(instance, type, verb, index)
  if (end.isCopying) trap('TRAP_ASYNC', `cannot ${verb === 'read' ? 'remove' : 'drop'} busy ${type.kind}`)
  if (type.kind === 'future' && verb === 'write' && !end.isDone)
    trap('TRAP_ASYNC', 'cannot drop future write end without first writing a value')
  instance.handles.take(index)
  end.shared.drop()
  end.join(undefined)
}

/** lift_stream and lift_future: the readable end leaves its instance. */
export function liftSide(instance: Instance, type: CopyType, index: number): ReadableSide {
  const end = endAt(instance, type, 'read', index) as ReadableEnd
  if (end.isDone) trap('TRAP_ASYNC', `cannot ${finished(type.kind, 'lift')}`)
  if (end.state !== 'idle') trap('TRAP_ASYNC', `cannot remove busy ${type.kind}`)
  if (end.set !== undefined) trap('TRAP_ASYNC', `cannot lift ${type.kind} while it's in a waitable set`)
  instance.handles.take(index)
  return end.shared
}

/** lower_stream and lower_future */
export function lowerSide(instance: Instance, side: ReadableSide): number {
  return instance.handles.put(new ReadableEnd(side))
}
