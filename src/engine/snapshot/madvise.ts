// engine/snapshot/madvise.ts: the tier for kernels that cannot say which pages are private: all of them are dropped.
import type {Libc} from './ffi.ts'
import {createMappedTier} from './mapped.ts'
import type {Tier} from './snapshot.ts'

export const createMadviseTier = (libc: Libc): Tier =>
  createMappedTier('madvise', libc, memory => memory.dropAll())
