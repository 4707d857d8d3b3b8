// engine/snapshot/adopt-instance.ts: makes a fresh instance of a lean module ready to run.
import {MayflyError} from '../../base/errors.ts'
import {type MemoryBudget, UNLIMITED} from './budget.ts'
import type {LeanMemory, LeanModule, OffsetTerm} from './lean.ts'

const PAGE = 65_536

/** What the instance that defines a memory gives to those that import it. */
type Owner = Readonly<{pages: WebAssembly.Global; size: unknown; grow: unknown}>

const owners = new WeakMap<WebAssembly.Memory, Owner>()
const budgets = new WeakMap<WebAssembly.Exports, MemoryBudget>()

/**
 * Must follow every `new WebAssembly.Instance(leanModule, imports)` at once, before anything of the instance runs: sets
 * initial globals and memory sizes, points imported memories at their owners, joins the sandbox's budget.
 * `applyData` and then the start function come next. Throws LIMIT_MEMORY when the memories do not fit the budget.
 */
export function adoptInstance(
  lean: LeanModule,
  exports: WebAssembly.Exports,
  options: {budget?: MemoryBudget} = {},
): void {
  for (const {exportName, initial} of lean.globals)
    if (initial !== undefined) globalOf(exports, exportName).value = initial
  const sizes: WebAssembly.Global[] = []
  for (const memory of lean.memories) {
    if (memory.imported) wire(memory, exports)
    else {
      const pages = globalOf(exports, memory.sizeGlobal!)
      pages.value = inAddress(memory.address, memory.minPages)
      sizes.push(pages)
      const owner = {pages, size: exports[memory.sizeFunction], grow: exports[memory.growFunction]}
      owners.set(memoryOf(exports, memory.exportName), owner)
    }
  }
  if (lean.budget !== undefined) {
    const left = globalOf(exports, lean.budget.left)
    left.value = UNLIMITED
    if (options.budget !== undefined) {
      options.budget.join({sizes, left, hook: tableOf(exports, lean.budget.hook)})
      budgets.set(exports, options.budget)
    }
  }
  for (const memory of lean.memories)
    if (!memory.imported && memory.minPages > 0)
      growMemory(memoryOf(exports, memory.exportName), memory.address, memory.minPages)
}

function wire(memory: LeanMemory, exports: WebAssembly.Exports): void {
  const owner = ownerOf(memoryOf(exports, memory.exportName))
  tableOf(exports, memory.sizeFunction).set(0, owner.size)
  tableOf(exports, memory.growFunction).set(0, owner.grow)
}

function ownerOf(memory: WebAssembly.Memory): Owner {
  const owner = owners.get(memory)
  if (owner === undefined)
    throw new MayflyError('INTERNAL', {reason: 'a memory is used before its instance was adopted'})
  return owner
}

/** The global that holds the memory's size in pages, as the guest sees it: a number, or a bigint for memory64. */
export function virtualPages(memory: WebAssembly.Memory): WebAssembly.Global {
  return ownerOf(memory).pages
}

/** The budget that the instance joined. */
export const budgetOf = (exports: WebAssembly.Exports): MemoryBudget | undefined => budgets.get(exports)

/** Grows for real; throws LIMIT_MEMORY when the machine or the declared maximum refuses. */
export function growMemory(memory: WebAssembly.Memory, address: 'i32' | 'i64', pages: number): void {
  try {
    memory.grow(inAddress(address, pages) as number)
  } catch (cause) {
    const limit = Math.ceil((memory.buffer.byteLength / PAGE + pages) / 16)
    throw new MayflyError('LIMIT_MEMORY', {limit, component: ''}, {cause})
  }
}

/**
 * Writes the active data segments, in order. Throws TRAP_OUT_OF_BOUNDS at the first that does not fit; those before
 * stay written (core spec 4.5.4).
 */
export function applyData(lean: LeanModule, exports: WebAssembly.Exports): void {
  for (const {memory, at, bytes} of placedData(lean, exports)) new Uint8Array(memory.buffer).set(bytes, at)
}

/** What an active data segment writes. */
export type PlacedData = Readonly<{memory: WebAssembly.Memory; at: number; bytes: Uint8Array}>

/** The active data segments, in order. Throws as `applyData` does. */
export function* placedData(lean: LeanModule, exports: WebAssembly.Exports): Generator<PlacedData, void> {
  const targets = lean.memories.map(({exportName, address}) => {
    const memory = memoryOf(exports, exportName)
    const size = Number(virtualPages(memory).value) * PAGE
    return {bits: address === 'i32' ? 32 : 64, size, memory} as const
  })
  for (const [i, {memory: index, offset, bytes}] of lean.data.entries()) {
    const {bits, size, memory} = targets[index]!
    const at = typeof offset === 'number' ? offset : Number(evaluate(offset, bits, exports))
    if (at + bytes.length > size)
      throw new MayflyError('TRAP_OUT_OF_BOUNDS', {
        reason: `data segment ${i} of ${bytes.length} bytes at ${at} does not fit the memory of ${size} bytes`,
      })
    yield {memory, at, bytes}
  }
}

function evaluate(terms: readonly OffsetTerm[], bits: 32 | 64, exports: WebAssembly.Exports): bigint {
  const stack: bigint[] = []
  for (const term of terms) {
    if (typeof term === 'bigint') stack.push(term)
    else if (typeof term === 'object')
      stack.push(BigInt(globalOf(exports, term.global).value as number | bigint))
    else {
      const right = stack.pop()!
      const left = stack.pop()!
      stack.push(term === '+' ? left + right : term === '-' ? left - right : left * right)
    }
  }
  return BigInt.asUintN(bits, stack.pop()!)
}

/** A size or value in a memory's address type. */
export const inAddress = (address: 'i32' | 'i64', value: number): number | bigint =>
  address === 'i32' ? value : BigInt(value)

export const memoryOf = (exports: WebAssembly.Exports, name: string): WebAssembly.Memory =>
  exports[name] as WebAssembly.Memory

export const globalOf = (exports: WebAssembly.Exports, name: string): WebAssembly.Global =>
  exports[name] as WebAssembly.Global

export const tableOf = (exports: WebAssembly.Exports, name: string): WebAssembly.Table =>
  exports[name] as WebAssembly.Table
