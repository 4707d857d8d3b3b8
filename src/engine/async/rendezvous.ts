// engine/async/rendezvous.ts: what the two ends of a stream or future share: who waits for whom (CanonicalABI.md, Stream
// State and Future State).
import type {Type} from '../abi/types.ts'
import type {Buffer, SinkBuffer, SourceBuffer} from './buffer.ts'
import type {Instance} from './instance.ts'

export const COPY = {completed: 0, dropped: 1, cancelled: 2} as const
export type CopyResult = (typeof COPY)[keyof typeof COPY]

/** What may be taken back of a copy that could go on. */
export interface Reclaimable {
  reclaim(): void
}

/**
 * How a reader or writer hears of its copy: `copied` when elements have moved and more could until it calls `reclaim`;
 * `done` when it is over.
 */
export interface Copier {
  copied(from: Reclaimable): void
  done(result: CopyResult): void
}

/** A readable end's counterpart: a stream or future of a guest or of the host. */
export interface ReadableSide {
  readonly kind: 'stream' | 'future'
  readonly element: Type | undefined
  /** `instance` is the reader's; undefined for the host. One copy at a time. */
  read(instance: Instance | undefined, sink: SinkBuffer, copier: Copier): void
  /** Ends the copy that is under way, if it can be. */
  cancel(): void
  /** Nobody will read any more. */
  drop(): void
}

export interface WritableSide {
  readonly kind: 'stream' | 'future'
  readonly element: Type | undefined
  write(instance: Instance | undefined, source: SourceBuffer, copier: Copier): void
  cancel(): void
  drop(): void
}

type Pending<B extends Buffer> = Readonly<{
  instance: Instance | undefined
  buffer: B
  copier: Copier
}>

/** One side waits with its buffer; when the other comes, elements are copied, and the one that waited is told. */
export abstract class Rendezvous implements ReadableSide, WritableSide, Reclaimable {
  abstract readonly kind: 'stream' | 'future'
  readonly element: Type | undefined
  protected dropped = false
  protected reader: Pending<SinkBuffer> | undefined
  protected writer: Pending<SourceBuffer> | undefined

  constructor(element: Type | undefined) {
    this.element = element
  }

  abstract read(instance: Instance | undefined, buffer: SinkBuffer, copier: Copier): void
  abstract write(instance: Instance | undefined, buffer: SourceBuffer, copier: Copier): void

  cancel(): void {
    this.notify(COPY.cancelled)
  }

  drop(): void {
    if (this.dropped) return
    this.dropped = true
    this.notify(COPY.dropped)
  }

  /** Nobody waits any more. */
  reclaim(): void {
    this.reader = undefined
    this.writer = undefined
  }

  /** Tells the one that waits, if there is one. */
  protected notify(result: CopyResult): void {
    const pending = this.reader ?? this.writer
    this.reclaim()
    pending?.copier.done(result)
  }
}
