// engine/snapshot/cow.ts: the fastest tier: hot pages are copied back, and the kernel says which pages are new (Linux 6.7).
import type {Libc} from './ffi.ts'
import {createMappedTier} from './mapped.ts'
import type {Tier} from './snapshot.ts'

export const createCowTier = (libc: Libc): Tier => createMappedTier('cow', libc, memory => memory.scan())
