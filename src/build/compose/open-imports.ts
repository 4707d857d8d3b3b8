// build/compose/open-imports.ts: what several components import together, as imports of the component around them.
import {MayflyError} from '../../base/errors.ts'
import type {Entity} from '../../engine/component/validation/types.ts'
import {versionKey} from '../../engine/link/version.ts'
import type {ComponentWriter, Written} from './component-writer.ts'
import {InstanceTypes, isNamed, type Named, OuterTypes} from './type-writer.ts'

type Open = {
  name: string
  /** The import in each component that has it. */
  entities: Entity[]
  written: Written | 'being written' | undefined
}

/**
 * An interface that several components import is imported once, with all that any of them needs; also at different
 * versions where `mergeVersions` and one is compatible with the other, and then at the highest.
 */
export class OpenImports {
  readonly #writer: ComponentWriter
  readonly #types: OuterTypes
  readonly #mergeVersions: boolean
  readonly #open = new Map<string, Open>()
  /** The import that names a type first. */
  readonly #namedBy = new Map<unknown, Open>()
  #writing = ''

  constructor(writer: ComponentWriter, {mergeVersions}: Readonly<{mergeVersions: boolean}>) {
    this.#writer = writer
    this.#mergeVersions = mergeVersions
    this.#types = new OuterTypes(writer, () =>
      this.#refuse(`"${this.#writing}" mentions a resource of an interface that is plugged`),
    )
  }

  #key(name: string): string {
    return this.#mergeVersions ? versionKey(name) : name
  }

  add(name: string, entity: Entity): void {
    const key = this.#key(name)
    const open = this.#open.get(key) ?? {name, entities: [], written: undefined}
    this.#open.set(key, open)
    if (compareVersions(name, open.name) > 0) open.name = name
    open.entities.push(entity)
    for (const {type} of typesOf(name, entity)) {
      for (const key of type.kind === 'resource' ? [type, type.id] : [type])
        if (!this.#namedBy.has(key)) this.#namedBy.set(key, open)
    }
  }

  /** Writes all of them; returns their names. */
  write(): string[] {
    for (const open of this.#open.values()) this.#write(open)
    return [...this.#open.values()].map(open => open.name)
  }

  /** The definition that was imported for `name`. */
  at(name: string): Written {
    return this.#open.get(this.#key(name))!.written as Written
  }

  /** A type that one of the imports names. */
  type({type}: Extract<Entity, {sort: 'type'}>): Written | undefined {
    const index = this.#types.find(type)
    return index === undefined ? undefined : {sort: 'type', index}
  }

  #refuse(reason: string): never {
    throw new MayflyError('COMPOSE_FAILED', {reason})
  }

  #write(open: Open): void {
    if (open.written !== undefined) return
    open.written = 'being written'
    const [first] = open.entities as [Entity]
    if (open.entities.some(({sort}) => sort !== first.sort))
      this.#refuse(`"${open.name}" is imported as a ${first.sort} and as something else`)
    // What it mentions of others must be there before.
    for (const entity of open.entities) for (const each of mentioned(entity)) this.#writeNaming(each)
    this.#writing = open.name
    switch (first.sort) {
      case 'instance':
        open.written = this.#instance(open)
        break
      case 'func':
        open.written = this.#writer.import(open.name, {kind: 'func', type: this.#types.func(first.type)})
        break
      case 'type':
        open.written = this.#type(open)
        break
      default:
        this.#refuse(`"${open.name}" is an import of a ${first.sort}`)
    }
  }

  #writeNaming(key: unknown): void {
    const other = this.#namedBy.get(key)
    if (other !== undefined && other.written === undefined) this.#write(other)
  }

  #type({name, entities}: Open): Written {
    const types = entities.flatMap(({sort, type}) => (sort === 'type' && isNamed(type) ? [type] : []))
    const [type] = types
    if (type === undefined) return this.#refuse(`"${name}" is an import of a type that is no value's`)
    const known = type.kind === 'defined' ? this.#types.defined(type) : this.#types.find(type)
    const bound =
      known === undefined ? ({kind: 'sub-resource'} as const) : ({kind: 'eq', type: known} as const)
    const written = this.#writer.import(name, {kind: 'type', bound})
    for (const each of types) this.#types.know(each, written.index)
    return written
  }

  #instance({name, entities}: Open): Written {
    const exports = new Map<string, Entity[]>()
    for (const {sort, type} of entities) {
      if (sort !== 'instance') continue
      for (const [text, entity] of type.exports) exports.set(text, [...(exports.get(text) ?? []), entity])
    }
    const space = new InstanceTypes(this.#types)
    const named: [text: string, type: Named][] = []
    for (const [text, all] of exports) {
      const [first] = all as [Entity]
      if (first.sort === 'func') {
        space.exportFunc(text, first.type)
        continue
      }
      const [type, ...others] = all.flatMap(({sort, type}) =>
        sort === 'type' && isNamed(type) ? [type] : [],
      )
      if (type === undefined) return this.#refuse(`"${name}" holds a ${first.sort} ("${text}")`)
      space.exportType(text, [type, ...others])
      for (const each of [type, ...others]) named.push([text, each])
    }
    const written = this.#writer.import(name, {
      kind: 'instance',
      type: this.#writer.type(space.deftype).index,
    })
    for (const [text, type] of named) this.#types.nameIn(written, text, type)
    return written
  }
}

/** The types that an import gives names to. */
function typesOf(name: string, entity: Entity): Extract<Entity, {sort: 'type'}>[] {
  if (entity.sort === 'type') return [entity]
  if (entity.sort !== 'instance') return []
  return [...entity.type.exports].flatMap(([text, each]) => typesOf(`${name}/${text}`, each))
}

/** Everything by which an import's types mention types: their own names among them. */
function mentioned(entity: Entity): Set<unknown> {
  const found = new Set<unknown>()
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null || found.has(item)) return
    found.add(item)
    if (item instanceof Map) for (const each of item.values()) visit(each)
    else if (!(item instanceof Set)) for (const each of Object.values(item)) visit(each)
  }
  visit(entity)
  return found
}

/** By number, part by part; what has no version is the lowest. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(name => (/@(.*)$/.exec(name)?.[1] ?? '').split(/[.+-]/).map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (left![i] ?? -1) - (right![i] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
