// engine/snapshot/copy.ts: the tier that needs nothing but JavaScript: compares every block, copies those that differ.
import type {AdoptOptions, CoreState, Image, RestoreReport, Restorer, Tier} from './snapshot.ts'
import {dataOf, PAGE, partsOf, reserve, type StateMemory, type StateParts, virtualBytes} from './state.ts'
import {adoptValues, captureMemories, captureValues, type ValuesImage} from './values.ts'

const ZEROS = new Uint8Array(PAGE)

type CopyImage = Image & Readonly<{values: ValuesImage}>

export const copyTier: Tier = Object.freeze({name: 'copy', capture, layOut, adopt})

function capture(state: CoreState): CopyImage {
  const parts = partsOf(state)
  return imageOf(state, parts, captureMemories(parts))
}

function layOut(state: CoreState): CopyImage {
  const parts = partsOf(state)
  const pieces = dataOf(state, parts)
  const memories = parts.memories.map((memory, i) => {
    const content = new Uint8Array(virtualBytes(memory))
    for (const {at, bytes} of pieces[i]!) content.set(bytes, at)
    return content
  })
  return imageOf(state, parts, memories)
}

function imageOf(state: CoreState, parts: StateParts, memories: readonly Uint8Array[]): CopyImage {
  const values = captureValues(state, parts)
  return Object.freeze({
    tier: 'copy',
    byteLength: memories.reduce((sum, memory) => sum + memory.length, 0),
    memories,
    globals: values.globals.map(one => (one.kind === 'value' ? one.value : one.index)),
    values,
    dispose() {},
  })
}

/** Real growth (in pages, beyond what was there at adoption) after which a sandbox is made anew rather than kept. */
const OUTGROWN_PAGES = 1024

/** Headroom costs here, since all of it is compared each time: it is none unless asked for. */
function adopt(image: Image, state: CoreState, options: AdoptOptions = {}): Restorer {
  const {memories: contents, values} = image as CopyImage
  const parts = partsOf(state)
  const headroom = options.headroomPages ?? 0
  const bounds = parts.memories.map((one, i) => {
    const wanted = contents[i]!.length / PAGE + headroom
    reserve(one, wanted)
    return wanted + OUTGROWN_PAGES
  })
  const restoreMemories = () => {
    let pages = 0
    for (let i = 0; i < contents.length; i++) pages += restoreMemory(parts.memories[i]!, contents[i]!)
    return pages
  }
  restoreMemories()
  const own = adoptValues(values, state, parts)
  return {
    open() {},
    close() {},
    suspect() {},
    restore(): RestoreReport {
      const pagesRestored = restoreMemories()
      own.restore()
      return {pagesRestored, scanned: true}
    },
    get outgrown() {
      return (
        own.outgrown || parts.memories.some(({memory}, i) => memory.buffer.byteLength / PAGE > bounds[i]!)
      )
    },
    dispose() {},
  }
}

/** Everything up to the memory's real end, since the guest can write beyond its virtual end. Returns what it restored, in pages of 4 KiB. */
function restoreMemory({memory}: StateMemory, content: Uint8Array): number {
  const bytes = Buffer.from(memory.buffer)
  let restored = 0
  for (let at = 0; at < bytes.length; at += PAGE) {
    const end = at + PAGE
    const inside = at < content.length
    if (
      inside ? bytes.compare(content, at, end, at, end) === 0 : bytes.compare(ZEROS, 0, PAGE, at, end) === 0
    )
      continue
    if (inside) bytes.set(content.subarray(at, end), at)
    else bytes.fill(0, at, end)
    restored += PAGE / 4096
  }
  return restored
}
