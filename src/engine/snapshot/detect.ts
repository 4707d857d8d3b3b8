// engine/snapshot/detect.ts: finds the fastest tier that works here, by trying what it needs on a small memory.
import {copyTier} from './copy.ts'
import {createCowTier} from './cow.ts'
import {type Libc, loadLibc} from './ffi.ts'
import {createMadviseTier} from './madvise.ts'
import type {Tier, TierName} from './snapshot.ts'
import {PAGE} from './state.ts'

/** Why a tier can be used here or not, for `mayfly doctor`. */
export type TierFinding = Readonly<{tier: TierName; usable: boolean; reason: string}>

export type DetectedTier = Readonly<{tier: Tier; findings: readonly TierFinding[]}>

/** The preferred tier if it is usable, or else the fastest that is. */
export function detectTier(options: {prefer?: TierName} = {}): DetectedTier {
  const findings: TierFinding[] = []
  const tiers: Tier[] = []
  const attempt = (name: TierName, create: () => Tier, reason: string) => {
    try {
      tiers.push(create())
      findings.push({tier: name, usable: true, reason})
    } catch (error) {
      findings.push({
        tier: name,
        usable: false,
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }
  attempt('cow', tryCow, 'the kernel maps images and tells which pages were written')
  attempt('madvise', tryMadvise, 'the kernel maps images')
  attempt('copy', () => copyTier, 'needs nothing')
  const tier = tiers.find(({name}) => name === options.prefer) ?? tiers[0]!
  return {tier, findings}
}

function tryCow(): Tier {
  const libc = loadLibc()
  probe(libc, (address, length) => {
    const ranges = libc.privateRanges(address, length)
    expect(
      ranges.length === 2 && ranges[0] === 0 && ranges[1] === libc.pageSize,
      'PAGEMAP_SCAN missed a page',
    )
  })
  return createCowTier(libc)
}

function tryMadvise(): Tier {
  const libc = loadLibc()
  probe(libc, () => {})
  return createMadviseTier(libc)
}

/** Maps a file over a memory, writes to its first page, looks, drops it: each must have the effect that restoring needs. */
function probe(libc: Libc, look: (address: bigint, length: number) => void): void {
  const content = new Uint8Array(PAGE).fill(7)
  const file = libc.createFile(content)
  try {
    const memory = new WebAssembly.Memory({initial: 1})
    const bytes = new Uint8Array(memory.buffer)
    const address = libc.address(memory.buffer as ArrayBuffer)
    libc.mapPrivate(address, PAGE, file)
    expect(bytes[0] === 7 && bytes[PAGE - 1] === 7, 'a mapped file did not show')
    const before = libc.faults()
    bytes[0] = 1
    expect(libc.faults() !== before, 'page faults are not counted')
    look(address, PAGE)
    libc.drop(address, PAGE)
    expect(bytes[0] === 7, 'a dropped page did not show the file')
    libc.mapZeros(address, PAGE)
    expect(bytes[0] === 0, 'a mapping could not be replaced')
  } finally {
    libc.closeFile(file)
  }
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}
