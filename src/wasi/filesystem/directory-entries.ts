// wasi/filesystem/directory-entries.ts: a directory listed one entry at a time.
import fs from 'node:fs'
import type {Store} from '../../engine/store.ts'
import type {Directory} from './directory.ts'
import {type Held, hold, release} from './held.ts'
import {entryPath} from './host-directory.ts'
import {type DescriptorType, typeOf} from './stat.ts'

/** wasi:filesystem/types directory-entry. */
export type DirectoryEntry = Readonly<{type: DescriptorType; name: string}>

/** First what is mounted, then what the machine has and no mount hides. Never '.' and '..'. */
export class DirectoryEntries implements Held {
  readonly #store: Store
  readonly #directory: Directory
  readonly #mounts: Iterator<readonly [string, {readonly kind: 'file' | 'directory'}]> | undefined
  readonly #dir: fs.Dir | undefined

  constructor(store: Store, directory: Directory) {
    this.#store = store
    this.#directory = directory
    this.#mounts = directory.virtual?.children.entries()
    this.#dir = directory.host && fs.opendirSync(entryPath(directory.host, '.'), {bufferSize: 64})
    hold(store, this)
  }

  /** The next entry; undefined after the last. */
  next(): DirectoryEntry | undefined {
    const mount = this.#mounts?.next()
    if (mount !== undefined && !mount.done) {
      const [name, {kind}] = mount.value
      return {type: kind === 'file' ? 'regular-file' : 'directory', name}
    }
    for (;;) {
      const entry = this.#dir?.readSync()
      if (entry === null || entry === undefined) return undefined
      if (this.#directory.virtual?.children.has(entry.name)) continue
      return {type: typeOf(entry), name: entry.name}
    }
  }

  close(): void {
    try {
      this.#dir?.closeSync()
    } catch {}
  }

  drop(): void {
    release(this.#store, this)
  }
}
