// engine/async/stream.ts: what the two ends of a stream share (CanonicalABI.md, Stream State).
import {checkSides, type SinkBuffer, type SourceBuffer} from './buffer.ts'
import type {Instance} from './instance.ts'
import {COPY, type Copier, Rendezvous} from './rendezvous.ts'

/** Elements go straight from the writer's memory to the reader's, when both are there; nothing is kept in between. */
export class SharedStream extends Rendezvous {
  readonly kind = 'stream'

  read(instance: Instance | undefined, buffer: SinkBuffer, copier: Copier): void {
    const writer = this.writer
    if (this.dropped) {
      copier.done(COPY.dropped)
      return
    }
    if (writer === undefined) {
      this.reader = {instance, buffer, copier}
      return
    }
    checkSides(this.kind, this.element, instance, writer.instance)
    if (writer.buffer.remaining > 0) {
      this.#copy(writer.buffer, buffer, writer.copier)
      copier.done(COPY.completed)
      return
    }
    this.notify(COPY.completed)
    this.reader = {instance, buffer, copier}
  }

  write(instance: Instance | undefined, buffer: SourceBuffer, copier: Copier): void {
    const reader = this.reader
    if (this.dropped) {
      copier.done(COPY.dropped)
      return
    }
    if (reader === undefined) {
      this.writer = {instance, buffer, copier}
      return
    }
    checkSides(this.kind, this.element, instance, reader.instance)
    if (reader.buffer.remaining > 0) {
      this.#copy(buffer, reader.buffer, reader.copier)
      copier.done(COPY.completed)
      return
    }
    // A write of nothing asks whether a reader is there; a read of nothing is one.
    if (buffer.length === 0 && reader.buffer.length === 0) {
      copier.done(COPY.completed)
      return
    }
    this.notify(COPY.completed)
    this.writer = {instance, buffer, copier}
  }

  #copy(source: SourceBuffer, sink: SinkBuffer, other: Copier): void {
    const count = Math.min(source.remaining, sink.remaining)
    if (count === 0) return
    sink.write(source.read(count, sink.isHost), source.isHost)
    other.copied(this)
  }
}
