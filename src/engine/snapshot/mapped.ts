// engine/snapshot/mapped.ts: what the tiers that map an image over a sandbox's memories have in common.
import {MayflyError} from '../../base/errors.ts'
import type {Libc} from './ffi.ts'
import {type MappedContent, MappedMemory} from './mapped-memory.ts'
import {showFile} from './show-file.ts'
import type {AdoptOptions, CoreState, Image, RestoreReport, Restorer, Tier, TierName} from './snapshot.ts'
import {dataOf, PAGE, partsOf, type StateParts, virtualBytes} from './state.ts'
import {adoptValues, captureValues, type ValuesImage} from './values.ts'

/** How a tier deals with a memory in which pages were written for the first time. */
export type Recover = (memory: MappedMemory) => void

type MappedImage = Image &
  Readonly<{contents: readonly MappedContent[]; values: ValuesImage; readonly disposed: boolean}>

const HEADROOM_PAGES = 64

/** Real growth beyond image and headroom after which a sandbox is made anew rather than kept, in pages of 64 KiB. */
const OUTGROWN_PAGES = 1024

export function createMappedTier(name: TierName, libc: Libc, recover: Recover): Tier {
  return Object.freeze({
    name,
    capture: (state: CoreState) => capture(name, libc, state),
    layOut: (state: CoreState) => layOut(name, libc, state),
    adopt: (image: Image, state: CoreState, options: AdoptOptions = {}) =>
      adopt(image as MappedImage, state, {
        libc,
        recover,
        headroomPages: options.headroomPages ?? HEADROOM_PAGES,
      }),
  })
}

function capture(name: TierName, libc: Libc, state: CoreState): MappedImage {
  const parts = partsOf(state)
  const values = captureValues(state, parts)
  const files = parts.memories.map(memory =>
    libc.createFile(new Uint8Array(memory.memory.buffer, 0, virtualBytes(memory))),
  )
  return imageOf(name, libc, {parts, values, files})
}

function layOut(name: TierName, libc: Libc, state: CoreState): MappedImage {
  const parts = partsOf(state)
  const values = captureValues(state, parts)
  const pieces = dataOf(state, parts)
  const files = parts.memories.map((memory, i) => libc.layOutFile(virtualBytes(memory), pieces[i]!))
  return imageOf(name, libc, {parts, values, files})
}

type Captured = Readonly<{parts: StateParts; values: ValuesImage; files: readonly number[]}>

function imageOf(tier: TierName, libc: Libc, {parts, values, files}: Captured): MappedImage {
  const contents = parts.memories.map((memory, i): MappedContent => {
    const file = files[i]!
    const fileLength = virtualBytes(memory)
    return {bytes: showFile(libc, file, fileLength), file, fileLength}
  })
  const memories = contents.map(({bytes}) => bytes)
  let disposed = false
  return Object.freeze({
    tier,
    byteLength: memories.reduce((sum, memory) => sum + memory.length, 0),
    memories,
    globals: values.globals.map(one => (one.kind === 'value' ? one.value : one.index)),
    contents,
    values,
    get disposed() {
      return disposed
    },
    dispose() {
      if (disposed) return
      disposed = true
      for (const {file} of contents) libc.closeFile(file)
    },
  })
}

type Means = Readonly<{libc: Libc; recover: Recover; headroomPages: number}>

function adopt(image: MappedImage, state: CoreState, {libc, recover, headroomPages}: Means): Restorer {
  // Its file's number may belong to another file by now.
  if (image.disposed)
    throw new MayflyError('INTERNAL', {reason: 'a sandbox of a disposed image was asked for'})
  const parts = partsOf(state)
  const memories = parts.memories.map(
    (memory, i) => new MappedMemory(libc, memory, image.contents[i]!, headroomPages),
  )
  const bounds = image.memories.map(bytes => bytes.length / PAGE + headroomPages + OUTGROWN_PAGES)
  const values = adoptValues(image.values, state, parts)
  let depth = 0
  let faults = 0
  let touched = false
  let disposed = false

  return {
    open() {
      // Faults since the last look count too: then pages are looked for in vain, which costs less than a look each time.
      if (depth++ === 0) faults = libc.faultsBefore()
    },
    close() {
      if (depth > 0 && --depth === 0 && libc.faults() !== faults) touched = true
    },
    suspect() {
      touched = true
    },
    restore(): RestoreReport {
      if (depth > 0) touched = true
      depth = 0
      let grew = false
      for (const memory of memories) if (memory.refresh()) grew = true
      const scanned = touched || grew
      touched = false
      let bytes = 0
      for (const memory of memories) {
        if (scanned) recover(memory)
        else if (memory.cold) memory.dropAll()
        bytes += memory.copyBack()
      }
      values.restore()
      return {pagesRestored: bytes / libc.pageSize, scanned}
    },
    get outgrown() {
      return values.outgrown || memories.some((memory, i) => memory.pages > bounds[i]!)
    },
    dispose() {
      if (disposed) return
      disposed = true
      for (const memory of memories) memory.dispose()
    },
  }
}
