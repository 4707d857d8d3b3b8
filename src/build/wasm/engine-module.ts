// build/wasm/engine-module.ts: what is done to the engine's core module before and after initialisation.
import {SECTION} from '../../engine/core/module-decode.ts'
import {Reader} from '../../engine/core/reader.ts'
import {concat, name, signed, unsigned} from '../../engine/core/writer.ts'
import {
  type Binary,
  COMPONENT_MODULE_SECTION,
  joinSections,
  mapSections,
  type Section,
  splitSections,
} from './sections.ts'
import {encodeDataSection, nonZeroRuns} from './segments.ts'

/** A core module's state: all that initialisation can have changed. */
export type MemoryImage = Readonly<{
  /** Memory 0, a whole number of pages. */
  memory: Uint8Array
  /** The values of the module's own mutable globals, in order of definition; i32 as a signed number. */
  globals: readonly (number | bigint)[]
}>

const PAGE_BYTES = 65_536
const ValueType = {i32: 0x7f, i64: 0x7e} as const
const FUNCTION_KIND = 0
const GLOBAL_KIND = 3
const Opcode = {unreachable: 0x00, i32Const: 0x41, i64Const: 0x42, end: 0x0b} as const

const globalExportName = (index: number) => `mayfly:global/${index}`

/** The same module with its own mutable globals exported, so that their values can be read after it ran. */
export function exposeGlobals(module: Uint8Array): {module: Uint8Array; names: readonly string[]} {
  const binary = splitSections(module)
  refuseOtherImports(binary.sections)
  const mutable = readGlobals(binary.sections).flatMap((global, index) => (global.mutable ? [index] : []))
  const names = mutable.map(globalExportName)
  const added = mutable.map(index => [...name(globalExportName(index)), GLOBAL_KIND, ...unsigned(index)])
  return {module: joinSections(withMoreExports(binary, added)), names}
}

/** The same module with exports that have a second name each. */
export function aliasExports(module: Uint8Array, aliases: Readonly<Record<string, string>>): Uint8Array {
  const binary = splitSections(module)
  const body = binary.sections.find(section => section.id === SECTION.export)?.body ?? Uint8Array.of(0)
  const found = readExports(body).filter(({label}) => Object.hasOwn(aliases, label))
  const wanted = Object.keys(aliases)
  if (found.length < wanted.length) new Reader(body).fail(`it does not export all of ${wanted.join(', ')}`)
  const added = found.map(({label, kind, index}) => [...name(aliases[label]!), kind, ...unsigned(index)])
  return joinSections(withMoreExports(binary, added))
}

/** The module without its data, and without the exports that are of use only before it is initialised. */
export function stripForTemplate(module: Uint8Array, initExports: ReadonlySet<string>): Uint8Array {
  return joinSections(
    mapSections(splitSections(module), ({id, body}) => {
      if (id === SECTION.data || id === SECTION.dataCount) return undefined
      if (id === SECTION.export) return withoutExports(body, initExports)
      return body
    }),
  )
}

/** The module with functions that only trap, for tools that look at all but its code, of which there are megabytes. */
export function withoutCode(module: Uint8Array): Uint8Array {
  const trap = [0, Opcode.unreachable, Opcode.end]
  return withCode(module, code => {
    const count = new Reader(code).u32()
    return concat([unsigned(count), ...Array<number[]>(count).fill([trap.length, ...trap])])
  })
}

/** The module with the code of another, which differs from it in nothing else that code depends on. */
export function withCodeOf(module: Uint8Array, other: Uint8Array): Uint8Array {
  const code = splitSections(other).sections.find(({id}) => id === SECTION.code)!.body
  return withCode(module, () => code)
}

const withCode = (module: Uint8Array, code: (body: Uint8Array) => Uint8Array): Uint8Array =>
  joinSections(mapSections(splitSections(module), ({id, body}) => (id === SECTION.code ? code(body) : body)))

/**
 * Writes an image back into a module: the memory becomes data segments, the globals' values their initial ones.
 * The module then needs no initialisation any more.
 */
export function writeBack(module: Uint8Array, image: MemoryImage): Uint8Array {
  const {preamble, sections} = splitSections(module)
  const runs = nonZeroRuns(image.memory)
  const dataCount = {id: SECTION.dataCount, body: Uint8Array.from(unsigned(runs.length))}
  const data = {id: SECTION.data, body: encodeDataSection(image.memory, runs)}
  const written = sections.flatMap(({id, body}): Section[] => {
    if (id === SECTION.memory) return [{id, body: withMinimumPages(body, image.memory.length / PAGE_BYTES)}]
    if (id === SECTION.global) return [{id, body: withGlobalValues(body, image.globals)}]
    if (id === SECTION.data || id === SECTION.dataCount) return []
    // Tools leave out sections that hold nothing, so these two are put where they belong.
    return id === SECTION.code ? [dataCount, {id, body}, data] : [{id, body}]
  })
  return joinSections({preamble, sections: written})
}

/** Puts another core module in the place of the component's module `index`. */
export function replaceModule(
  component: Uint8Array,
  index: number,
  replace: (module: Uint8Array) => Uint8Array,
): Uint8Array {
  let seen = 0
  return joinSections(
    mapSections(splitSections(component), ({id, body}) =>
      id === COMPONENT_MODULE_SECTION && seen++ === index ? replace(body) : body,
    ),
  )
}

type Global = Readonly<{type: number; mutable: boolean; start: number; end: number}>

/** The module's own globals; `start` and `end` bound one in its section's body. */
function readGlobals(sections: readonly Section[]): Global[] {
  const body = sections.find(section => section.id === SECTION.global)?.body
  if (body === undefined) return []
  const reader = new Reader(body)
  return Array.from({length: reader.u32()}, () => {
    const start = reader.position
    const type = reader.byte()
    const mutable = reader.byte() === 1
    const opcode = reader.byte()
    if (opcode === Opcode.i32Const) reader.signed(32)
    else if (opcode === Opcode.i64Const) reader.signed(64)
    else reader.fail('only integer globals can be written back')
    if (reader.byte() !== Opcode.end) reader.fail('only constant globals can be written back')
    return {type, mutable, start, end: reader.position}
  })
}

function withGlobalValues(body: Uint8Array, values: readonly (number | bigint)[]): Uint8Array {
  const globals = readGlobals([{id: SECTION.global, body}])
  const remaining = [...values]
  const parts = globals.map(({type, mutable, start, end}) => {
    if (!mutable) return body.subarray(start, end)
    const value = signed(BigInt(remaining.shift() ?? 0))
    return Uint8Array.of(
      type,
      1,
      type === ValueType.i64 ? Opcode.i64Const : Opcode.i32Const,
      ...value,
      Opcode.end,
    )
  })
  return concat([unsigned(globals.length), ...parts])
}

function withMinimumPages(body: Uint8Array, pages: number): Uint8Array {
  const reader = new Reader(body)
  const count = reader.u32()
  const flags = reader.byte()
  reader.u32()
  if (count !== 1 || flags & ~1) reader.fail('only one 32-bit memory of its own can be written back')
  return Uint8Array.of(1, flags, ...unsigned(pages), ...body.subarray(reader.position))
}

type Export = Readonly<{label: string; kind: number; index: number; start: number; end: number}>

/** `start` and `end` bound one in its section's body. */
function readExports(body: Uint8Array): Export[] {
  const reader = new Reader(body)
  return reader.vec(() => {
    const start = reader.position
    return {label: reader.name(), kind: reader.byte(), index: reader.u32(), start, end: reader.position}
  })
}

function withMoreExports(binary: Binary, added: readonly (readonly number[])[]): Binary {
  return mapSections(binary, ({id, body}) => {
    if (id !== SECTION.export) return body
    const reader = new Reader(body)
    const count = reader.u32()
    return concat([unsigned(count + added.length), body.subarray(reader.position), added.flat()])
  })
}

function withoutExports(body: Uint8Array, names: ReadonlySet<string>): Uint8Array {
  const kept = readExports(body).filter(({label}) => !names.has(label))
  return concat([unsigned(kept.length), ...kept.map(({start, end}) => body.subarray(start, end))])
}

/** The engine imports functions only, so a global's place in its section is its index, and memory 0 is its own. */
function refuseOtherImports(sections: readonly Section[]): void {
  const body = sections.find(section => section.id === SECTION.import)?.body
  if (body === undefined) return
  const reader = new Reader(body)
  for (let count = reader.u32(); count > 0; count--) {
    for (let name = 0; name < 2; name++) {
      const length = reader.u32()
      reader.position += length
    }
    if (reader.byte() !== FUNCTION_KIND)
      reader.fail('only functions may be imported by a module to be initialised')
    reader.u32()
  }
}
