// wasi/filesystem/open-file.ts: an open file, shared by its descriptor and the streams made from it.
import fs from 'node:fs'
import type {Store} from '../../engine/store.ts'
import {MAX_READ} from '../io/input-stream.ts'
import {Fault} from './error-code.ts'
import {type Held, hold, release} from './held.ts'
import {closeQuietly} from './host-directory.ts'

/** Every read goes through here, so that a read costs what it gives and not what was asked for. */
const scratch = new Uint8Array(MAX_READ)

export class OpenFile implements Held {
  readonly fd: number
  readonly #store: Store
  #users = 1
  /** Operations in the thread pool; the descriptor must stay theirs until they are done. */
  #busy = 0
  #closed = false

  constructor(store: Store, fd: number) {
    this.fd = fd
    this.#store = store
    hold(store, this)
  }

  share(): this {
    this.#users++
    return this
  }

  /** One user fewer; the last one closes the file. */
  leave(): void {
    if (--this.#users === 0) release(this.#store, this)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#busy === 0) closeQuietly(this.fd)
  }

  /** At most `max` bytes at `offset`; empty at the end of the file. The page cache answers at once. */
  read(max: number, offset: bigint): Uint8Array {
    this.#check()
    if (offset > BigInt(Number.MAX_SAFE_INTEGER)) return new Uint8Array(0)
    const length = fs.readSync(this.fd, scratch, 0, Math.min(max, MAX_READ), Number(offset))
    return scratch.slice(0, length)
  }

  /** Writes all of `bytes` at `offset`; null writes where the file's own position is, for files opened to append. */
  write(bytes: Uint8Array, offset: bigint | null): void {
    this.#check()
    // Node takes a position that is no safe integer for none at all.
    if (offset !== null && offset + BigInt(bytes.length) > BigInt(Number.MAX_SAFE_INTEGER))
      throw new Fault('file-too-large')
    for (let done = 0; done < bytes.length; ) {
      const position = offset === null ? null : Number(offset) + done
      done += fs.writeSync(this.fd, bytes, done, bytes.length - done, position)
    }
  }

  /** Waits for the disk, without holding up others. */
  async flush(dataOnly: boolean): Promise<void> {
    this.#check()
    this.#busy++
    try {
      const done = Promise.withResolvers<void>()
      const settle = (error: Error | null): void => (error === null ? done.resolve() : done.reject(error))
      if (dataOnly) fs.fdatasync(this.fd, settle)
      else fs.fsync(this.fd, settle)
      await done.promise
    } finally {
      this.#busy--
      if (this.#closed && this.#busy === 0) closeQuietly(this.fd)
    }
  }

  #check(): void {
    if (this.#closed) throw new Fault('bad-descriptor')
  }
}
