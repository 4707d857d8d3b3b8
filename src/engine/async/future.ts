// engine/async/future.ts: what the two ends of a future share (CanonicalABI.md, Future State): one element, once.
import {checkSides, type SinkBuffer, type SourceBuffer} from './buffer.ts'
import type {Instance} from './instance.ts'
import {COPY, type Copier, Rendezvous} from './rendezvous.ts'

export class SharedFuture extends Rendezvous {
  readonly kind = 'future'

  read(instance: Instance | undefined, buffer: SinkBuffer, copier: Copier): void {
    const writer = this.writer
    if (writer === undefined) {
      this.reader = {instance, buffer, copier}
      return
    }
    checkSides(this.kind, this.element, instance, writer.instance)
    buffer.write(writer.buffer.read(1, buffer.isHost), writer.buffer.isHost)
    this.notify(COPY.completed)
    copier.done(COPY.completed)
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
    reader.buffer.write(buffer.read(1, reader.buffer.isHost), buffer.isHost)
    this.notify(COPY.completed)
    copier.done(COPY.completed)
  }
}
