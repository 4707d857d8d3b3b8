// cli/kept-components.ts: what was found out about a component when it was served before, kept in the user's cache.
//
// A component of 13 MB is walked whole before it runs. What comes of that is taken from the cache where its file is the
// same: the inode, with the size and times that it had. On a local file system a program cannot set the time of an inode's
// last change, unless it sets the clock, so one that was rewritten in place is another; elsewhere nothing is kept.
// Whatever is wrong with the cache, the component itself is read; what this user's processes write is trusted.
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  promises,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs'
import {join} from 'node:path'
import {deserialize, serialize} from 'node:v8'
import {countCoreModules} from '../engine/component/skeleton.ts'
import type {CompiledProgram} from '../engine/link/program-code.ts'
import type {LeanModule} from '../engine/snapshot/lean.ts'
import {showOrRead} from '../engine/snapshot/show-file.ts'
import {keepLater} from '../server/keep-later.ts'
import {isLocal} from './kept-components-local.ts'

export type KeptComponent = Readonly<{
  /** Without the code of its core modules; it was found valid. */
  skeleton: Uint8Array
  /** The core modules, in the order in which they lie in it. */
  modules: readonly LeanModule[]
  /** What was compiled of the program that links it; a core module by itself has none. */
  program?: CompiledProgram | undefined
}>

/** Of all that is kept together; what was used last stays. */
const MOST_BYTES = 256 * 1024 * 1024
const IDENTITY_LENGTH = 512
/** No file system's clock is coarser: what changed longer ago, and then again, has another time. */
const COARSEST_MS = 2_000
/** Who was writing that long ago has been killed. */
const LEFT_MS = 60_000
/** In no name of an entry. */
const PARTIAL = ','

export class KeptComponents {
  readonly #dir: string
  readonly #code: string
  readonly #keeps: boolean

  /** `code` tells the code that finds things out. Of processes that serve the same one keeps it. */
  constructor(dir: string, {code, keeps}: Readonly<{code: string; keeps: boolean}>) {
    this.#dir = dir
    this.#code = code
    this.#keeps = keeps
  }

  /** What is known of the component in this file. */
  find(path: string, stats: BigIntStats): KeptComponent | undefined {
    const place = this.#place(path)
    let file: number | undefined
    try {
      if (!isLocal(path)) return undefined
      // A pipe would have us wait.
      file = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK)
      const entry = fstatSync(file)
      if (!isOurs(entry)) return undefined
      // Those who write here put another file in its place; what this user's own processes do to a file that is mapped
      // is trusted. Another host may remove it, which would end this process.
      const bytes = isLocal(place) ? showOrRead(file, entry.size) : readFileSync(file)
      if (this.#identity(stats).compare(bytes, 0, IDENTITY_LENGTH) !== 0) return undefined
      const kept: unknown = deserialize(bytes.subarray(IDENTITY_LENGTH))
      if (!isKept(kept)) return undefined
      markUsed(place)
      return kept
    } catch {
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  /** Whether a change of the file from now on shows in its times. Those must have been read before its content. */
  canKeep(path: string, {ctimeMs}: BigIntStats): boolean {
    if (!this.#keeps || Date.now() - Number(ctimeMs) <= COARSEST_MS) return false
    try {
      return isLocal(path)
    } catch {
      return false
    }
  }

  /** Others may read what is there, or be at the same. */
  async keep(path: string, stats: BigIntStats, kept: KeptComponent): Promise<void> {
    const place = this.#place(path)
    const partial = [place, process.pid, partials++].join(PARTIAL)
    try {
      const content = serialize(kept)
      if (IDENTITY_LENGTH + content.length > MOST_BYTES) return
      mkdirSync(this.#dir, {recursive: true, mode: 0o700})
      await promises.writeFile(partial, [this.#identity(stats), content], {mode: 0o600, flush: true})
      await promises.rename(partial, place)
      await this.#drop()
    } catch {
      // No room, or not allowed.
      await promises.rm(partial, {force: true}).catch(() => {})
    }
  }

  async #drop(): Promise<void> {
    const files = readdirSync(this.#dir).flatMap(name => {
      const path = join(this.#dir, name)
      const stats = statSync(path, {throwIfNoEntry: false})
      return stats === undefined ? [] : [{path, stats, isPartial: name.includes(PARTIAL)}]
    })
    const now = Date.now()
    let bytes = 0
    files.sort((one, other) => other.stats.mtimeMs - one.stats.mtimeMs)
    for (const {path, stats, isPartial} of files) {
      bytes += stats.size
      if (bytes > MOST_BYTES || (isPartial && now - stats.mtimeMs > LEFT_MS))
        await promises.rm(path, {force: true})
    }
  }

  #place = (path: string): string => join(this.#dir, encodeURIComponent(path).slice(-200))

  #identity({dev, ino, size, mtimeNs, ctimeNs}: BigIntStats): Buffer {
    const text = [this.#code, dev, ino, size, mtimeNs, ctimeNs].join(' ')
    return Buffer.alloc(IDENTITY_LENGTH, text.padEnd(IDENTITY_LENGTH))
  }
}

let partials = 0

const isKept = (value: unknown): value is KeptComponent => {
  const {skeleton, modules, program} = Object(value)
  return (
    skeleton instanceof Uint8Array &&
    Array.isArray(modules) &&
    modules.every(module => Object(module).bytes instanceof Uint8Array) &&
    modules.length === countCoreModules(skeleton) &&
    (program === undefined || isProgram(program))
  )
}

const isProgram = (value: unknown): value is CompiledProgram => {
  const {source, code, sum} = Object(value)
  return typeof source === 'string' && code instanceof Uint8Array && typeof sum === 'number'
}

/** A file that this user wrote. */
const isOurs = (stats: Stats): boolean =>
  stats.isFile() && (process.getuid === undefined || stats.uid === process.getuid())

/** Where that is allowed; when a start is over, which would wait for the threads that node has for files. */
function markUsed(path: string): void {
  keepLater(`use of ${path}`, async () => {
    const now = new Date()
    await promises.utimes(path, now, now)
  })
}
