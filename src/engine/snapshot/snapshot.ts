// engine/snapshot/snapshot.ts: the contract between the linker and the restore tiers.
//
// The linker instantiates lean modules (lean.ts) in a fixed order; the result is a CoreState. After initialisation it is
// captured once as an Image; every sandbox is a CoreState of its own that adopts the Image, and after every event is
// made equal to it again, bit for bit.
import type {LeanModule} from './lean.ts'

/** The core instances of one sandbox, in the order of instantiation. */
export type CoreState = readonly CoreInstanceState[]
export type CoreInstanceState = Readonly<{lean: LeanModule; exports: WebAssembly.Exports}>

export type TierName = 'cow' | 'madvise' | 'copy'

/** One way to keep and restore memories on this machine. */
export interface Tier {
  readonly name: TierName
  /** Copies the state: memories (up to their virtual sizes), mutable globals, tables. */
  capture(state: CoreState): Image
  /**
   * The image of a state that is complete with its data, which have not been written to it: they are laid out in the image
   * alone. Throws TRAP_OUT_OF_BOUNDS where they do not fit.
   */
  layOut(state: CoreState): Image
  /** Makes a freshly instantiated state (same lean modules, same order) equal to the image. */
  adopt(image: Image, state: CoreState, options?: AdoptOptions): Restorer
}

export type AdoptOptions = Readonly<{
  /** Real pages beyond the image, so that growing needs no real growth. Default 64. */
  headroomPages?: number
}>

/** Frozen; shared by all sandboxes of a component in the process. */
export interface Image {
  readonly tier: TierName
  /** Bytes of all memories in the image. */
  readonly byteLength: number
  /** The memories' bytes, in order of their definition over all instances; for comparing and for writing out. */
  readonly memories: readonly Uint8Array[]
  /** The mutable globals' values, in the same order. */
  readonly globals: readonly unknown[]
  /** Frees what the image holds outside the JavaScript heap (a memfd). No sandbox may use it any more. */
  dispose(): void
}

/** Restores one sandbox. */
export interface Restorer {
  /**
   * Brackets every stretch in which the guest, or the host on its behalf, may write the guest's memory on this thread:
   * the fault counter is sampled at both ends.
   */
  open(): void
  close(): void
  /** Something wrote, or may have written, outside a bracket (a suspended guest): the next restore must look at all pages. */
  suspect(): void
  /** Makes the state equal to the image. Returns what it did. */
  restore(): RestoreReport
  /** True when the sandbox should be retired: its memory outgrew its headroom by far, or it cannot be restored. */
  readonly outgrown: boolean
  dispose(): void
}

/** Pages of the machine (of 4 KiB in the copy tier) that were put back, and whether all pages were looked at. */
export type RestoreReport = {pagesRestored: number; scanned: boolean}
