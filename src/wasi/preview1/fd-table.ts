// wasi/preview1/fd-table.ts: an event's descriptors by number: the standard streams, the preopens, what was opened.
import type {Store} from '../../engine/store.ts'
import type {OutputSink} from '../cli/stdio.ts'
import {type DirectoryDescriptor, describe, drop, type FileDescriptor} from '../filesystem/descriptor.ts'
import {mounted} from '../filesystem/directory.ts'
import type {DirectoryEntry} from '../filesystem/directory-entries.ts'
import {attempt} from '../filesystem/error-code.ts'
import type {OpenFile} from '../filesystem/open-file.ts'
import type {InputStream} from '../io/streams.ts'
import {fail} from './errno.ts'
import type {WorldConfig} from './world.ts'

export type InputEntry = {
  readonly kind: 'input'
  /** Unset where there is nothing to read. */
  readonly stream: InputStream | undefined
  readonly terminal: boolean
  nonblock: boolean
}

export type OutputEntry = {
  readonly kind: 'output'
  /** Unset where nobody wants it. */
  readonly sink: OutputSink | undefined
  readonly terminal: boolean
}

export type FileEntry = {
  readonly kind: 'file'
  readonly descriptor: FileDescriptor
  position: bigint
  append: boolean
  nonblock: boolean
  /** The same file, opened to append once something is appended. */
  appending: OpenFile | undefined
}

export type OpenDirectory = {
  readonly kind: 'directory'
  readonly descriptor: DirectoryDescriptor
  /** The guest's name of a preopen. */
  readonly preopen: string | undefined
  /** As it was when reading began: what changes meanwhile moves no cookie. */
  listing: readonly DirectoryEntry[] | undefined
}

export type Entry = InputEntry | OutputEntry | FileEntry | OpenDirectory

/** Directories that may be half read at a time; of others what was listed is forgotten, and listed anew. */
const MAX_LISTINGS = 16

export class FdTable {
  readonly #store: Store
  /** Directories with a listing, that of the last one at the end. */
  readonly #listed: OpenDirectory[] = []
  readonly #entries: (Entry | undefined)[]

  constructor(store: Store, {stdin, stdout, stderr, terminals = {}, mounts}: WorldConfig) {
    this.#store = store
    this.#entries = [
      {kind: 'input', stream: stdin?.(store), terminal: terminals.stdin ?? false, nonblock: false},
      {kind: 'output', sink: stdout, terminal: terminals.stdout ?? false},
      {kind: 'output', sink: stderr, terminal: terminals.stderr ?? false},
    ]
    for (const [preopen, virtual] of mounts?.preopens ?? []) {
      const described = attempt(() => describe(store, mounted(virtual)))
      if (described.tag === 'ok')
        this.#entries.push({kind: 'directory', descriptor: described.val, preopen, listing: undefined})
    }
  }

  /** Takes the lowest free number, as POSIX does. */
  add(entry: Entry): number {
    const free = this.#entries.indexOf(undefined)
    const fd = free < 0 ? this.#entries.length : free
    this.#entries[fd] = entry
    return fd
  }

  /** Fails with EBADF. */
  get(fd: number): Entry {
    return this.#entries[fd] ?? fail('badf')
  }

  file(fd: number): FileEntry {
    const entry = this.get(fd)
    return entry.kind === 'file' ? entry : fail('badf')
  }

  /** What has a position: the standard streams fail with ESPIPE. */
  seekable(fd: number): FileEntry {
    const entry = this.get(fd)
    if (entry.kind === 'file') return entry
    return fail(entry.kind === 'directory' ? 'badf' : 'spipe')
  }

  directory(fd: number): OpenDirectory {
    const entry = this.get(fd)
    return entry.kind === 'directory' ? entry : fail('badf')
  }

  /** Keeps what a directory lists. A guest that opens one a thousand times must not have it kept as often. */
  keepListing(directory: OpenDirectory, listing: readonly DirectoryEntry[]): void {
    this.#forget(directory)
    directory.listing = listing
    this.#listed.push(directory)
    if (this.#listed.length > MAX_LISTINGS) this.#forget(this.#listed[0]!)
  }

  #forget(directory: OpenDirectory): void {
    directory.listing = undefined
    const index = this.#listed.indexOf(directory)
    if (index >= 0) this.#listed.splice(index, 1)
  }

  close(fd: number): void {
    const entry = this.get(fd)
    this.#entries[fd] = undefined
    if (entry.kind === 'input') entry.stream?.drop?.()
    if (entry.kind === 'file') entry.appending?.leave()
    if (entry.kind === 'directory') this.#forget(entry)
    if (entry.kind === 'file' || entry.kind === 'directory') drop(this.#store, entry.descriptor)
  }

  /** `from` becomes `to`, which is closed; both must be open. */
  renumber(from: number, to: number): void {
    const entry = this.get(from)
    if (from === to) return
    this.close(to)
    this.#entries[to] = entry
    this.#entries[from] = undefined
  }

  /** The event has ended. Files and directories are closed by their room. */
  end(): void {
    for (const entry of this.#entries) if (entry?.kind === 'input') entry.stream?.drop?.()
  }
}
