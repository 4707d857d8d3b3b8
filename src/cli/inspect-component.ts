// cli/inspect-component.ts: what there is to know of a component without serving it.
import {readFileSync} from 'node:fs'
import {relative} from 'node:path'
import type {Component, CustomSection, ExternType, Sort} from '../engine/component/component.ts'
import {decodeComponent} from '../engine/component/decode.ts'
import {coreModulesOf} from '../engine/component/skeleton.ts'
import {validateComponent} from '../engine/component/validate.ts'
import {decodeCoreModule, SECTION} from '../engine/core/module-decode.ts'
import {Reader} from '../engine/core/reader.ts'
import type {HostFunction, HostInterface, Imports} from '../engine/link/imports.ts'
import {LinkedComponent} from '../engine/link/linked-component.ts'
import {ROOT_INTERFACE} from '../engine/link/resolve.ts'
import {InterfaceIndex, versionKey} from '../engine/link/version.ts'
import {PreparedComponent} from '../engine/pool/prepared-component.ts'
import {leanHash, makeLean} from '../engine/snapshot/lean.ts'
import {RUN_INTERFACES} from '../wasi/cli/run.ts'
import {createHttpClient} from '../wasi/http/client.ts'
import {httpInterfaces} from '../wasi/http/http.ts'
import {p3HttpInterfaces} from '../wasi/p3/http/http.ts'
import {wasiImports} from '../wasi/wasi.ts'
import {type EngineParts, engineParts} from './engine-parts.ts'
import type {InspectedItem, InspectedModule, InspectedSnapshot, Inspection} from './inspection.ts'
import {ASYNC_HTTP_HANDLER, HTTP_HANDLER} from './served-program.ts'

const MEMORY_PAGES = 65_536

/** @throws DECODE_, VALIDATE_ errors; what cannot be linked or initialised is told in the inspection */
export async function inspectComponent(path: string): Promise<Inspection> {
  const bytes = readFileSync(path)
  const component = decodeComponent(bytes, {file: path})
  validateComponent(component)
  const engine = engineParts(process.env)
  const calls = new Map<string, number>()
  const imports = counted(offered(engine), calls)
  const modules = coreModulesOf(component)
  return {
    file: relative(process.cwd(), path) || path,
    byteLength: bytes.length,
    imports: importsOf(component, new InterfaceIndex(imports)),
    exports: exportsOf(component),
    coreModules: modules.map(inspectModule),
    producers: producersOf([
      ...component.customSections,
      ...modules.flatMap(module => customSections(module)),
    ]),
    snapshot: snapshotOf(component, {engine, imports, calls}),
  }
}

/** What Mayfly provides, with nothing granted. */
const offered = (engine: EngineParts): Imports => {
  const client = createHttpClient({policy: {check: () => 'denied'}})
  return new Map([
    ...wasiImports({clock: engine.entropy, random: engine.entropy, poolBytes: 0}),
    ...httpInterfaces(() => client),
    ...p3HttpInterfaces(() => client),
  ])
}

function counted(imports: Imports, calls: Map<string, number>): Imports {
  const counting = (name: string, host: HostFunction): HostFunction => ({
    ...host,
    call: (store, ...args) => {
      calls.set(name, (calls.get(name) ?? 0) + 1)
      return host.call(store, ...args)
    },
  })
  return new Map(
    [...imports].map(([name, items]): [string, HostInterface] => [
      name,
      new Map(
        [...items].map(([item, host]) => [
          item,
          host.kind === 'function' ? counting(`${name} ${item}`, host) : host,
        ]),
      ),
    ]),
  )
}

const EXTERN_KINDS: Readonly<Record<ExternType['kind'], InspectedItem['kind']>> = {
  'core-module': 'module',
  func: 'function',
  value: 'value',
  type: 'type',
  component: 'component',
  instance: 'instance',
}

function importsOf(component: Component, known: InterfaceIndex<HostInterface>): InspectedItem[] {
  return component.definitions.flatMap(definition => {
    if (definition.kind !== 'import') return []
    const {name} = definition.name
    const isKnown =
      definition.type.kind === 'func'
        ? known.find(ROOT_INTERFACE)?.has(name) === true
        : definition.type.kind === 'type' || known.find(name) !== undefined
    return [{name, kind: EXTERN_KINDS[definition.type.kind], known: isKnown}]
  })
}

const sortKind = (sort: Sort): InspectedItem['kind'] =>
  sort === 'func' ? 'function' : sort.startsWith('core-') ? 'module' : (sort as InspectedItem['kind'])

/** What triggers and `mayfly run` call. */
const CALLED = new Set([HTTP_HANDLER, ASYNC_HTTP_HANDLER, ...RUN_INTERFACES].map(versionKey))

const exportsOf = (component: Component): InspectedItem[] =>
  component.definitions.flatMap(definition => {
    if (definition.kind !== 'export') return []
    const {name} = definition.name
    return [{name, kind: sortKind(definition.sort), known: CALLED.has(versionKey(name))}]
  })

function inspectModule(bytes: Uint8Array): InspectedModule {
  const {sections, memories} = decodeCoreModule(bytes)
  const sizeOf = (id: number) =>
    sections.filter(section => section.id === id).reduce((sum, {start, end}) => sum + end - start, 0)
  return {
    name: moduleName(bytes) ?? '',
    byteLength: bytes.length,
    codeBytes: sizeOf(SECTION.code),
    dataBytes: sizeOf(SECTION.data),
    memories: memories.length,
    leanHash: leanHash(makeLean(bytes)),
  }
}

const customSections = (bytes: Uint8Array): CustomSection[] =>
  decodeCoreModule(bytes).sections.flatMap(({id, name, start, end}) => {
    if (id !== SECTION.custom || name === undefined) return []
    const reader = new Reader(bytes, {start, end})
    reader.name()
    return [{name, byteOffset: start, bytes: bytes.subarray(reader.position, end)}]
  })

/** Custom sections bind nobody to their form: what cannot be read says nothing. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function moduleName(bytes: Uint8Array): string | undefined {
  const section = customSections(bytes).find(({name}) => name === 'name')
  return (
    section &&
    attempt(() => {
      const reader = new Reader(section.bytes)
      if (reader.byte() !== 0) return undefined
      reader.u32()
      return reader.name()
    })
  )
}

function producersOf(sections: readonly CustomSection[]): Record<string, string[]> {
  const producers: Record<string, string[]> = {}
  for (const {name, bytes} of sections) {
    if (name !== 'producers') continue
    attempt(() => {
      const reader = new Reader(bytes)
      reader.vec(() => {
        const field = reader.name()
        const list = (producers[field] ??= [])
        reader.vec(() => {
          const text = [reader.name(), reader.name()].filter(part => part !== '').join(' ')
          if (!list.includes(text)) list.push(text)
        })
      })
    })
  }
  return producers
}

function snapshotOf(
  component: Component,
  {engine, imports, calls}: {engine: EngineParts; imports: Imports; calls: Map<string, number>},
): InspectedSnapshot {
  try {
    const linked = new LinkedComponent(component, {imports, who: 'the component', modules: engine.modules})
    const prepared = new PreparedComponent(linked, {
      ...engine,
      component: '',
      limitPages: MEMORY_PAGES,
      limits: {cpuMs: 60_000, idleMs: 60_000},
      snapshot: 'auto',
    })
    const {decision} = prepared
    const mode = decision.kind === 'anew' ? 'anew' : decision.seeds.length > 0 ? 'reseeded' : 'shared'
    const byteLength = prepared.image?.byteLength ?? 0
    return {
      mode,
      reason: decision.reason,
      byteLength,
      calls: [...calls].map(([name, count]) => ({name, count})),
    }
  } catch (error) {
    return {mode: 'anew', reason: `it cannot be run: ${(error as Error).message}`, byteLength: 0, calls: []}
  }
}
