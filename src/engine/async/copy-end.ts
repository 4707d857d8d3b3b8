// engine/async/copy-end.ts: the ends of streams and futures in a handle table, and their built-ins: stream.new … drop-writable
// and future.new … drop-writable (CanonicalABI.md).
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import {type ElementCodec, GuestCopy} from './guest-copy.ts'
import type {Instance} from './instance.ts'
import {COPY, type ReadableSide, Rendezvous, type WritableSide} from './rendezvous.ts'
import type {Thread} from './thread.ts'
import {BLOCKED, EVENT, Waitable} from './waitable.ts'

type EndState = 'idle' | 'copying' | 'cancelling' | 'done'

type Verb = 'read' | 'write'

export class CopyEnd extends Waitable {
  readonly verb: Verb
  readonly shared: ReadableSide | WritableSide
  state: EndState = 'idle'
  /** What is under way, or has not been told yet. */
  #copy: GuestCopy | undefined
  protected index = 0

  constructor(shared: ReadableSide | WritableSide, verb: Verb) {
    super()
    this.shared = shared
    this.verb = verb
  }

  get kind(): string {
    return `the ${this.verb === 'read' ? 'readable' : 'writable'} end of a ${this.shared.kind}`
  }

  describe(): string {
    const {kind} = this.shared
    const [other, reads] = this.verb === 'read' ? ['writer', 'read'] : ['reader', 'write']
    return this.isCopying ? `a ${other} of the ${kind} it ${reads}s` : `a ${kind} that it does not ${reads}`
  }

  get isCopying(): boolean {
    return this.state === 'copying' || this.state === 'cancelling'
  }

  get isDone(): boolean {
    return this.state === 'done'
  }

  /** Begins a copy, which may be over at once: then there is an event. */
  begin(copy: GuestCopy, index: number): void {
    this.#copy = copy
    this.index = index
    this.state = 'copying'
    if (this.verb === 'read') (this.shared as ReadableSide).read(copy)
    else (this.shared as WritableSide).write(copy)
  }

  cancel(): void {
    this.state = 'cancelling'
    if (this.#copy!.isOpen) this.shared.cancel()
  }

  protected get code(): number {
    const reads = this.verb === 'read'
    return this.shared.kind === 'stream'
      ? reads
        ? EVENT.streamRead
        : EVENT.streamWrite
      : reads
        ? EVENT.futureRead
        : EVENT.futureWrite
  }

  protected payload(): number {
    const copy = this.#copy!
    this.#copy = undefined
    copy.close()
    const {result, progress} = copy
    const isStream = this.shared.kind === 'stream'
    this.state = result === COPY.dropped || (!isStream && result === COPY.completed) ? 'done' : 'idle'
    return isStream ? (result | (progress << 4)) >>> 0 : result
  }
}

/** A stream or future type as emitted code describes it; equal types have one element object. */
export type CopyType = Readonly<{kind: 'stream' | 'future'; element: Type | undefined}>

const WHOLE = new BigUint64Array(1)
/** Its halves, the lower one first, as all machines have it that V8 runs on. */
const HALVES = new Uint32Array(WHOLE.buffer)

/** stream.new and future.new: the readable end's index, and in the upper half the writable one's. */
export function copyNew(instance: Instance, {kind, element}: CopyType): bigint {
  instance.checkLeave()
  const shared = new Rendezvous(kind, element)
  const readable = instance.handles.put(new CopyEnd(shared, 'read'))
  const writable = instance.handles.put(new CopyEnd(shared, 'write'))
  HALVES[0] = readable
  HALVES[1] = writable
  return WHOLE[0]!
}

function endAt(instance: Instance, type: CopyType, verb: Verb, index: number): CopyEnd {
  const entry = instance.handles.entry(index)
  const end = entry instanceof CopyEnd && entry.verb === verb ? entry : undefined
  if (end === undefined || end.shared.kind !== type.kind || end.shared.element !== type.element)
    trap(
      'TRAP_BAD_HANDLE',
      `${index} is not what one can ${verb} of this ${type.kind} type: handle index ${index} used with the wrong type`,
    )
  return end
}

/** Whether there is nothing more to be had, and why. */
function finished(kind: 'stream' | 'future', verb: Verb | 'lift'): string {
  const writes = verb === 'write'
  if (kind === 'stream')
    return `${writes ? 'write to' : verb === 'lift' ? 'lift' : 'read from'} stream after being notified that the ${writes ? 'readable' : 'writable'} end dropped`
  return writes
    ? 'write to future after previous write succeeded or readable end dropped'
    : `${verb === 'lift' ? 'lift' : 'read from'} future after previous read succeeded`
}

export type CopyBuiltin = Readonly<{
  type: CopyType
  verb: Verb
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
  end.begin(new GuestCopy(instance, end, codec, pointer, length), index)
  return wide ? outcome(thread, end, async, WIDE) : outcome(thread, end, async, NARROW)
}

type Results<T> = Readonly<{of: (payload: number) => T; blocked: T}>

const NARROW: Results<number> = {of: payload => payload, blocked: BLOCKED}
const WIDE: Results<bigint> = {of: BigInt, blocked: BigInt(BLOCKED)}

function outcome<T>(thread: Thread, end: CopyEnd, async: boolean, {of, blocked}: Results<T>): T | Promise<T> {
  if (end.hasPending) return of(end.takePayload())
  return async ? blocked : end.awaitPending(thread, of)
}

/** stream.cancel-read … future.cancel-write; gives what the copy gives. */
export function copyCancel(
  thread: Thread,
  type: CopyType,
  verb: Verb,
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
  end.cancel()
  return outcome(thread, end, async, NARROW)
}

/** stream.drop-readable … future.drop-writable */
export function copyDrop(instance: Instance, type: CopyType, verb: Verb, index: number): void {
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
  const end = endAt(instance, type, 'read', index)
  if (end.isDone) trap('TRAP_ASYNC', `cannot ${finished(type.kind, 'lift')}`)
  if (end.state !== 'idle') trap('TRAP_ASYNC', `cannot remove busy ${type.kind}`)
  if (end.set !== undefined) trap('TRAP_ASYNC', `cannot lift ${type.kind} while it's in a waitable set`)
  instance.handles.take(index)
  return end.shared as ReadableSide
}

/** lower_stream and lower_future */
export function lowerSide(instance: Instance, side: ReadableSide): number {
  return instance.handles.put(new CopyEnd(side, 'read'))
}
