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

type Attempt = Readonly<{name: TierName; create: () => Tier; reason: string}>

/** The fastest first. */
const ATTEMPTS: readonly Attempt[] = [
  {name: 'cow', create: tryCow, reason: 'the kernel maps images and tells which pages were written'},
  {name: 'madvise', create: tryMadvise, reason: 'the kernel maps images'},
  {name: 'copy', create: () => copyTier, reason: 'needs nothing'},
]

/** The preferred tier if it is usable, or else the fastest that is. All are tried. */
export function detectTier(options: {prefer?: TierName} = {}): DetectedTier {
  const attempts = ATTEMPTS.map(attempted)
  const tiers = attempts.flatMap(({tier}) => (tier === undefined ? [] : [tier]))
  const tier = tiers.find(({name}) => name === options.prefer) ?? tiers[0]!
  return {tier, findings: attempts.map(({finding}) => finding)}
}

/** The same tier; none is tried without need. */
export function fastestTier(options: {prefer?: TierName} = {}): Tier {
  const preferred = ATTEMPTS.filter(({name}) => name === options.prefer)
  for (const attempt of [...preferred, ...ATTEMPTS]) {
    const {tier} = attempted(attempt)
    if (tier !== undefined) return tier
  }
  return copyTier
}

function attempted({name, create, reason}: Attempt): Readonly<{tier?: Tier; finding: TierFinding}> {
  try {
    return {tier: create(), finding: {tier: name, usable: true, reason}}
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {finding: {tier: name, usable: false, reason}}
  }
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
