// wasi/preview1/guest.ts: the guest as the functions of WASI 0.1 see it: its memory, its event and its world.
import {MayflyError} from '../../base/errors.ts'
import {GuestMemory} from '../../engine/abi/memory.ts'
import {virtualPages} from '../../engine/snapshot/adopt-instance.ts'
import type {Store} from '../../engine/store.ts'
import {fail} from './errno.ts'
import type {FdTable} from './fd-table.ts'
import type {World} from './world.ts'

/** A stretch of guest memory. */
export type Span = Readonly<{ptr: number; length: number}>

/** Vectors that one call looks at, as POSIX's IOV_MAX; a short transfer tells of the rest. */
const MAX_VECTORS = 1024
/** Bytes that one call moves: the host must not be kept busy for long. */
const MAX_TRANSFER = 16 * 1024 * 1024
/** Longer than any path that can be walked. */
const MAX_PATH_BYTES = 16 * 1024

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true})

/** One per sandbox. */
export class Guest {
  readonly store: Store
  readonly world: World
  readonly #created: (memory: GuestMemory) => void
  #exports: WebAssembly.Exports | undefined
  #memory: GuestMemory | undefined

  constructor(options: {store: Store; world: World; onMemory: (memory: GuestMemory) => void}) {
    this.store = options.store
    this.world = options.world
    this.#created = options.onMemory
  }

  /** The instance is there; nothing of it has run. */
  attach(exports: WebAssembly.Exports): void {
    this.#exports = exports
  }

  /** Its exported memory, as it is now. @throws TRAP_HOST when it exports none */
  get memory(): GuestMemory {
    const memory = (this.#memory ??= this.#find())
    memory.sync()
    return memory
  }

  #find(): GuestMemory {
    const memory = this.#exports?.['memory']
    if (!(memory instanceof WebAssembly.Memory))
      throw new MayflyError('TRAP_HOST', {reason: 'the module exports no memory under the name "memory"'})
    const found = new GuestMemory(memory, virtualPages(memory) as WebAssembly.Global<'i32'>)
    this.#created(found)
    return found
  }

  /** The event's descriptors. */
  get files(): FdTable {
    return this.store.state(this.world.files)
  }
}

/** Fails with EFAULT unless [ptr, ptr + length) lies in the memory. */
export function reach(guest: Guest, ptr: number, length: number): GuestMemory {
  const {memory} = guest
  memory.check(ptr, length)
  return memory
}

/** A path. Fails with EILSEQ when it is no UTF-8. */
export function readPath(guest: Guest, ptr: number, length: number): string {
  const memory = reach(guest, ptr, length)
  if (length > MAX_PATH_BYTES) fail('nametoolong')
  try {
    return utf8.decode(memory.u8.subarray(ptr, ptr + length))
  } catch {
    return fail('ilseq')
  }
}

/** The stretches that an array of (pointer, length) names, none of them empty, cut where one call ends. */
export function readVectors(guest: Guest, ptr: number, count: number): readonly Span[] {
  const memory = reach(guest, ptr, count * 8)
  const spans: Span[] = []
  let left = MAX_TRANSFER
  for (let i = 0; i < Math.min(count, MAX_VECTORS); i++) {
    const at = ptr + i * 8
    const start = memory.view.getUint32(at, true)
    const length = memory.view.getUint32(at + 4, true)
    memory.check(start, length)
    if (length === 0 || left === 0) continue
    spans.push({ptr: start, length: Math.min(length, left)})
    left -= Math.min(length, left)
  }
  return spans
}

export const totalOf = (spans: readonly Span[]): number => spans.reduce((sum, {length}) => sum + length, 0)

/** Writes `bytes` into the stretches, one after the other. */
export function scatter(memory: GuestMemory, spans: readonly Span[], bytes: Uint8Array): void {
  let at = 0
  for (const {ptr, length} of spans) {
    if (at >= bytes.length) return
    memory.u8.set(bytes.subarray(at, at + length), ptr)
    at += length
  }
}
