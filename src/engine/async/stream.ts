// engine/async/stream.ts: what the two ends of a stream share (CanonicalABI.md, Stream State).
import {checkSides, type SinkBuffer, type SourceBuffer} from './buffer.ts'
import type {Instance} from './instance.ts'
import {COPY, type CopyCallbacks, Rendezvous} from './rendezvous.ts'

/** Elements go straight from the writer's memory to the reader's, when both are there; nothing is kept in between. */
export class SharedStream extends Rendezvous {
  readonly kind = 'stream'
  readonly #reclaim = (): void => this.forget()

  read(instance: Instance | undefined, buffer: SinkBuffer, callbacks: CopyCallbacks): void {
    const writer = this.writer
    if (this.dropped) {
      callbacks.done(COPY.dropped)
      return
    }
    if (writer === undefined) {
      this.reader = {instance, buffer, callbacks}
      return
    }
    checkSides(this.kind, this.element, instance, writer.instance)
    if (writer.buffer.remaining > 0) {
      this.#copy(writer.buffer, buffer, writer.callbacks)
      callbacks.done(COPY.completed)
      return
    }
    this.notify(COPY.completed)
    this.reader = {instance, buffer, callbacks}
  }

  write(instance: Instance | undefined, buffer: SourceBuffer, callbacks: CopyCallbacks): void {
    const reader = this.reader
    if (this.dropped) {
      callbacks.done(COPY.dropped)
      return
    }
    if (reader === undefined) {
      this.writer = {instance, buffer, callbacks}
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
    this.notify(COPY.completed)
    this.writer = {instance, buffer, callbacks}
  }

  #copy(source: SourceBuffer, sink: SinkBuffer, other: CopyCallbacks): void {
    const count = Math.min(source.remaining, sink.remaining)
    if (count === 0) return
    sink.write(source.read(count, sink.isHost), source.isHost)
    other.copied(this.#reclaim)
  }
}
