// engine/async/stream.ts: what the two ends of a stream share (CanonicalABI.md, Stream State).
import type {Type} from '../abi/types.ts'
import {type Buffer, checkSides, type SinkBuffer, type SourceBuffer} from './buffer.ts'
import type {Instance} from './instance.ts'

export const COPY = {completed: 0, dropped: 1, cancelled: 2} as const
export type CopyResult = (typeof COPY)[keyof typeof COPY]

/**
 * How a reader or writer hears of its copy: `copied` when elements have moved and more could until it calls `reclaim`;
 * `done` when it is over.
 */
export type CopyCallbacks = Readonly<{
  copied: (reclaim: () => void) => void
  done: (result: CopyResult) => void
}>

/** A readable end's counterpart: a stream or future of a guest or of the host. */
export interface ReadableSide {
  readonly kind: 'stream' | 'future'
  readonly element: Type | undefined
  /** `instance` is the reader's; undefined for the host. One copy at a time. */
  read(instance: Instance | undefined, sink: SinkBuffer, callbacks: CopyCallbacks): void
  /** Ends the copy that is under way, if it can be. */
  cancel(): void
  /** Nobody will read any more. */
  drop(): void
}

export interface WritableSide {
  readonly kind: 'stream' | 'future'
  readonly element: Type | undefined
  write(instance: Instance | undefined, source: SourceBuffer, callbacks: CopyCallbacks): void
  cancel(): void
  drop(): void
}

type Pending<B extends Buffer> = Readonly<{
  instance: Instance | undefined
  buffer: B
  callbacks: CopyCallbacks
}>

/** Elements go straight from the writer's memory to the reader's, when both are there; nothing is kept in between. */
export class SharedStream implements ReadableSide, WritableSide {
  readonly kind = 'stream'
  readonly element: Type | undefined
  #dropped = false
  #reader: Pending<SinkBuffer> | undefined
  #writer: Pending<SourceBuffer> | undefined

  constructor(element: Type | undefined) {
    this.element = element
  }

  readonly #reclaim = (): void => {
    this.#reader = undefined
    this.#writer = undefined
  }

  #notify(result: CopyResult): void {
    const pending = this.#reader ?? this.#writer
    this.#reclaim()
    pending?.callbacks.done(result)
  }

  cancel(): void {
    this.#notify(COPY.cancelled)
  }

  drop(): void {
    if (this.#dropped) return
    this.#dropped = true
    this.#notify(COPY.dropped)
  }

  read(instance: Instance | undefined, buffer: SinkBuffer, callbacks: CopyCallbacks): void {
    const writer = this.#writer
    if (this.#dropped) {
      callbacks.done(COPY.dropped)
      return
    }
    if (writer === undefined) {
      this.#reader = {instance, buffer, callbacks}
      return
    }
    checkSides(this.kind, this.element, instance, writer.instance)
    if (writer.buffer.remaining > 0) {
      this.#copy(writer.buffer, buffer, writer.callbacks)
      callbacks.done(COPY.completed)
      return
    }
    this.#notify(COPY.completed)
    this.#reader = {instance, buffer, callbacks}
  }

  write(instance: Instance | undefined, buffer: SourceBuffer, callbacks: CopyCallbacks): void {
    const reader = this.#reader
    if (this.#dropped) {
      callbacks.done(COPY.dropped)
      return
    }
    if (reader === undefined) {
      this.#writer = {instance, buffer, callbacks}
      return
    }
    checkSides(this.kind, this.element, instance, reader.instance)
    if (reader.buffer.remaining > 0) {
      this.#copy(buffer, reader.buffer, reader.callbacks)
      callbacks.done(COPY.completed)
      return
    }
    // A write of nothing asks whether a reader is there; a read of nothing is one.
    if (buffer.length === 0 && reader.buffer.length === 0) {
      callbacks.done(COPY.completed)
      return
    }
    this.#notify(COPY.completed)
    this.#writer = {instance, buffer, callbacks}
  }

  #copy(source: SourceBuffer, sink: SinkBuffer, other: CopyCallbacks): void {
    const count = Math.min(source.remaining, sink.remaining)
    if (count === 0) return
    sink.write(source.read(count, sink.isHost), source.isHost)
    other.copied(this.#reclaim)
  }
}

/** What the two ends of a future share (CanonicalABI.md, Future State): one element, once. */
export class SharedFuture implements ReadableSide, WritableSide {
  readonly kind = 'future'
  readonly element: Type | undefined
  #dropped = false
  #reader: Pending<SinkBuffer> | undefined
  #writer: Pending<SourceBuffer> | undefined

  constructor(element: Type | undefined) {
    this.element = element
  }

  #notify(result: CopyResult): void {
    const pending = this.#reader ?? this.#writer
    this.#reader = undefined
    this.#writer = undefined
    pending?.callbacks.done(result)
  }

  cancel(): void {
    this.#notify(COPY.cancelled)
  }

  drop(): void {
    if (this.#dropped) return
    this.#dropped = true
    this.#notify(COPY.dropped)
  }

  read(instance: Instance | undefined, buffer: SinkBuffer, callbacks: CopyCallbacks): void {
    const writer = this.#writer
    if (writer === undefined) {
      this.#reader = {instance, buffer, callbacks}
      return
    }
    checkSides(this.kind, this.element, instance, writer.instance)
    buffer.write(writer.buffer.read(1, buffer.isHost), writer.buffer.isHost)
    this.#notify(COPY.completed)
    callbacks.done(COPY.completed)
  }

  write(instance: Instance | undefined, buffer: SourceBuffer, callbacks: CopyCallbacks): void {
    const reader = this.#reader
    if (this.#dropped) {
      callbacks.done(COPY.dropped)
      return
    }
    if (reader === undefined) {
      this.#writer = {instance, buffer, callbacks}
      return
    }
    checkSides(this.kind, this.element, instance, reader.instance)
    reader.buffer.write(buffer.read(1, reader.buffer.isHost), buffer.isHost)
    this.#notify(COPY.completed)
    callbacks.done(COPY.completed)
  }
}
