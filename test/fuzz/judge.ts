// test/fuzz/judge.ts: runs one input as a stranger's component, and tells whether all went as it should.
import {MayflyError} from '../../src/base/errors.ts'
import type {Engine} from '../../src/embed/engine.ts'
import {decodeComponent} from '../../src/engine/component/decode.ts'
import {validateComponent} from '../../src/engine/component/validate.ts'
import {factsOf, partsOf} from '../../src/engine/component/validation/facts.ts'
import type {Entity, Func, ResourceId, Value} from '../../src/engine/component/validation/types.ts'
import {className, functionName, functionNames} from '../../src/engine/link/function-names.ts'
import {memberNames} from '../../src/engine/link/glue/names.ts'

/** What an input came to: 'ran', or the code of a clear error. */
export type Verdict = string

const limits = {cpuMs: 200, idleMs: 50, memoryMb: 64, concurrency: 1} as const

/** What is thrown at nobody's fault but ours. */
export class Bug extends Error {}

/** @throws Bug */
export async function judge(engine: Engine, bytes: Uint8Array): Promise<Verdict> {
  try {
    const type = validateComponent(decodeComponent(bytes))
    await using component = await engine.load(bytes, {limits, wasi: {}, imports: hostFor(type.imports)})
    return (await callAll(component as never, type.exports)) ?? 'ran'
  } catch (error) {
    if (error instanceof Bug) throw error
    return codeOf(error)
  }
}

export function codeOf(error: unknown): Verdict {
  if (!(error instanceof MayflyError)) throw new Bug('an error that is none of ours', {cause: error})
  if (error.code === 'INTERNAL') throw new Bug('an internal error', {cause: error})
  // What the engine throws by mistake while guests run would look like this; the host functions here never throw.
  const {cause} = error
  if (error.code === 'TRAP_HOST' && cause !== undefined && !(cause instanceof MayflyError))
    throw new Bug('an error of the engine shown as a trap', {cause: error})
  return error.code
}

/** The classes of a host's resources. */
type Classes = Map<ResourceId, new () => object>

/** A host that has everything; its functions give the simplest value of their type. */
function hostFor(imports: ReadonlyMap<string, Entity>): Record<string, unknown> {
  const host: Record<string, unknown> = Object.create(null)
  const classes: Classes = new Map()
  for (const [name, entity] of imports) {
    if (name.startsWith('wasi:')) continue
    if (entity.sort === 'instance') host[name] = objectFor(entity.type.exports, classes)
  }
  return Object.assign(host, objectFor(imports, classes))
}

function objectFor(entities: ReadonlyMap<string, Entity>, classes: Classes): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null)
  for (const [name, {sort, type}] of entities) {
    if (sort !== 'type' || type.kind !== 'resource') continue
    const Resource = classes.get(type.id) ?? class {}
    classes.set(type.id, Resource)
    object[className(name)] = Resource
  }
  const funcs = [...entities].flatMap(([name, {sort, type}]) => (sort === 'func' ? [{name, type}] : []))
  const names = functionNames(funcs.map(({name}) => name))
  for (const {name, type} of funcs) {
    const parts = functionName(name)
    const call = () => simplest(type.result, classes)
    if (parts.kind === 'function') object[names.get(name)!] = call
    else {
      const Resource = (object[className(parts.resource)] ??= class {}) as any
      Object.defineProperty(parts.kind === 'method' ? Resource.prototype : Resource, names.get(name)!, {
        value: call,
        configurable: true,
      })
    }
  }
  return object
}

/** Calls every export with the simplest arguments; gives the last error's code. */
async function callAll(
  {exports}: {exports: Record<string, any>},
  entities: ReadonlyMap<string, Entity>,
): Promise<Verdict | undefined> {
  let verdict: Verdict | undefined
  const call = async (object: any, all: ReadonlyMap<string, Entity>) => {
    const funcs = [...all].flatMap(([name, {sort, type}]) =>
      sort === 'func' ? [{name, type: type as Func}] : [],
    )
    const names = functionNames(funcs.map(({name}) => name))
    for (const {name, type} of funcs) {
      if (functionName(name).kind !== 'function') continue
      const run = object?.[names.get(name)!]
      // Resources that a call would need are not to be had.
      if (
        typeof run !== 'function' ||
        type.params.some(param => factsOf(param.type).borrows || owns(param.type))
      )
        continue
      try {
        await run(...type.params.map(param => simplest(param.type, new Map())))
      } catch (error) {
        verdict = codeOf(error)
      }
    }
  }
  await call(exports, entities)
  for (const [name, {sort, type}] of entities)
    if (sort === 'instance') await call(exports[name], type.exports)
  return verdict
}

const owns = (type: Value): boolean =>
  typeof type !== 'string' && (type.shape.kind === 'own' || partsOf(type.shape).some(owns))

function simplest(type: Value | undefined, classes: Classes): unknown {
  if (type === undefined) return undefined
  const shape = typeof type === 'string' ? ({kind: 'prim', prim: type} as const) : type.shape
  const inner = (each: Value | undefined) => simplest(each, classes)
  switch (shape.kind) {
    case 'prim':
      if (shape.prim === 'bool') return false
      if (shape.prim === 'string') return 'text'
      if (shape.prim === 'char') return 'c'
      return shape.prim === 's64' || shape.prim === 'u64' ? 1n : 1
    case 'record': {
      const names = memberNames(shape.fields.map(field => field.label))
      return Object.fromEntries(shape.fields.map((field, i) => [names[i], inner(field.type)]))
    }
    case 'variant':
      return {tag: shape.cases[0]!.label, val: inner(shape.cases[0]!.type)}
    case 'tuple':
      return shape.elements.map(inner)
    case 'list':
      return shape.length === undefined
        ? []
        : Array.from({length: Math.min(shape.length, 1000)}, () => inner(shape.element))
    case 'flags':
      return {}
    case 'enum':
      return shape.labels[0]
    case 'result':
      return {tag: 'ok', val: inner(shape.ok)}
    case 'own':
    case 'borrow':
      return new (classes.get(shape.resource.id) ?? Object)()
    case 'stream':
    case 'map':
      return []
    default:
      return undefined
  }
}
