// build/types/declarations.ts: what a component imports and exports, as TypeScript declarations for `import 'mayfly'`.
import type {ComponentType, Entity, Func} from '../../engine/component/validation/types.ts'
import {className, functionName, functionNames} from '../../engine/link/function-names.ts'
import {namespaceName, paramNames, property, typeName, unique} from './names.ts'
import {type Taker, ValueTypes} from './values.ts'

type Direction = 'import' | 'export'

/** What the library's types are taken by name from. */
const FROM_LIBRARY = ['Awaitable', 'ErrorContext', 'GuestResource', 'GuestStream', 'Result', 'StreamSource']

/**
 * A module of declarations: a namespace of types for each interface, and `World` with its `imports` and `exports`, to be
 * given to `Engine.load`.
 * @param about what the declarations are of, for their first line
 */
export function declarations(type: ComponentType, about: string): string {
  const body = new Declarations(type).text
  const used = FROM_LIBRARY.filter(name => new RegExp(`\\b${name}\\b`).test(body))
  const imported = used.length === 0 ? '' : `import type {${used.join(', ')}} from 'mayfly'\n\n`
  return `// Made by \`mayfly types\`: what ${about.replace(/\s+/g, ' ')} imports and exports.\n${imported}${body}`
}

class Declarations {
  readonly #values = new ValueTypes()
  readonly #namespaces = new Set<string>(['World'])
  readonly #lines: string[] = []
  readonly #world: Record<Direction, string[]> = {import: [], export: []}

  constructor(type: ComponentType) {
    this.#externs(type.imports, 'import')
    this.#externs(type.exports, 'export')
    const {import: imports, export: exports} = this.#world
    this.#lines.push(`export type World = {\n  imports: ${block(imports)}\n  exports: ${block(exports)}\n}`)
  }

  get text(): string {
    return `${this.#lines.join('\n\n')}\n`
  }

  #externs(entities: ReadonlyMap<string, Entity>, direction: Direction): void {
    const root = new Map([...entities].filter(([, {sort}]) => sort !== 'instance'))
    for (const [name, entity] of entities) {
      if (entity.sort !== 'instance') continue
      const space = this.#interface(name, entity.type.exports, direction)
      // What of WASI is imported, the library offers.
      const optional = direction === 'import' && name.startsWith('wasi:') ? '?' : ''
      this.#world[direction].push(`${property(name)}${optional}: ${space}.Functions`)
    }
    if (root.size === 0) return
    const space = unique(direction === 'import' ? 'Imports' : 'Exports', this.#namespaces)
    const about = `world's own ${direction}s`
    this.#world[direction].push(...this.#members(root, direction, {space, about, isInterface: false}))
  }

  /** Writes an interface's namespace; returns its name. */
  #interface(name: string, entities: ReadonlyMap<string, Entity>, direction: Direction): string {
    const plain = namespaceName(name)
    const space = unique(
      this.#namespaces.has(plain) && direction === 'export' ? `Exported${plain}` : plain,
      this.#namespaces,
    )
    this.#members(entities, direction, {space, about: `${name}, ${direction}ed`, isInterface: true})
    return space
  }

  /** Writes a namespace with the types, and an interface's functions; returns the functions' members. */
  #members(
    entities: ReadonlyMap<string, Entity>,
    direction: Direction,
    {space, about, isInterface}: Readonly<{space: string; about: string; isInterface: boolean}>,
  ): readonly string[] {
    const taken = new Set(['Functions'])
    const lines: string[] = []
    const classes = new Map<string, {own: string; named: string}>()
    for (const [name, {sort, type}] of entities) {
      if (sort !== 'type' || (type.kind !== 'resource' && type.kind !== 'defined')) continue
      const own = unique(typeName(name), taken)
      if (type.kind === 'defined') {
        const text = this.#values.text(type, 'host')
        this.#values.name(type, `${space}.${own}`)
        lines.push(`export type ${own} = ${text}`)
      } else if (this.#values.resourceName(type) !== undefined)
        lines.push(`export type ${own} = ${this.#values.resourceName(type)}`)
      else {
        this.#values.nameResource(type, `${space}.${own}`)
        classes.set(name, {own, named: `${space}.${own}`})
        // A host's is an interface of its methods, written with them.
        if (direction === 'export') lines.push(brand(own, `${space}.${own}`))
      }
    }
    const members = this.#functions(entities, direction, classes, lines)
    if (isInterface) lines.push(`export interface Functions ${block(members, '')}`)
    if (lines.length > 0)
      this.#lines.push(`/** ${comment(about)} */\nexport declare namespace ${space} {\n${indent(lines)}\n}`)
    return members
  }

  #functions(
    entities: ReadonlyMap<string, Entity>,
    direction: Direction,
    classes: ReadonlyMap<string, {own: string}>,
    lines: string[],
  ): string[] {
    const funcs = [...entities].flatMap(([name, {sort, type}]) => (sort === 'func' ? [{name, type}] : []))
    const names = functionNames(funcs.map(each => each.name))
    const members: string[] = []
    const parts = new Map<string, {methods: string[]; statics: string[]}>()
    for (const name of classes.keys()) parts.set(name, {methods: [], statics: []})
    for (const {name, type} of funcs) {
      const own = functionName(name)
      const key = property(names.get(name)!)
      if (own.kind === 'function') {
        members.push(`${key}: ${this.#signature(type, direction)}`)
        continue
      }
      const part = parts.get(own.resource) ?? {methods: [], statics: []}
      parts.set(own.resource, part)
      if (direction === 'export') part.statics.push(`${key}: ${this.#signature(type, direction)}`)
      else if (own.kind === 'static') part.statics.push(`${key}: ${this.#signature(type, direction)}`)
      else if (own.kind === 'method')
        part.methods.push(`${key}: ${this.#signature(dropSelf(type), direction)}`)
      else part.statics.push(`new ${this.#construct(type)}`)
    }
    for (const [resource, {methods, statics}] of parts) {
      const own = classes.get(resource)?.own
      if (direction === 'import' && own !== undefined)
        lines.push(`export interface ${own} extends Partial<Disposable> ${block(methods, '')}`)
      if (statics.length > 0) members.push(`${property(className(resource))}: ${block(statics, '')}`)
    }
    return members
  }

  #construct(type: Func): string {
    return this.#params(type, 'host').concat(`: ${this.#result(type, 'guest')}`)
  }

  #signature(type: Func, direction: Direction): string {
    const taker: Taker = direction === 'import' ? 'host' : 'guest'
    const params = this.#params(type, taker)
    const result = this.#result(type, taker === 'host' ? 'guest' : 'host')
    return direction === 'import' ? `${params} => Awaitable<${result}>` : `${params} => Promise<${result}>`
  }

  #params({params}: Func, taker: Taker): string {
    const names = paramNames(params.map(param => param.label))
    return `(${params.map(({type}, i) => `${names[i]}: ${this.#values.text(type, taker)}`).join(', ')})`
  }

  #result({result}: Func, taker: Taker): string {
    return result === undefined ? 'void' : this.#values.text(result, taker)
  }
}

const dropSelf = (type: Func): Func => ({...type, params: type.params.slice(1)})

/** Resources of a guest are handed around only; the brand tells one type from another. */
const brand = (own: string, full: string): string =>
  `export type ${own} = GuestResource & {readonly '~resource'?: ${JSON.stringify(full)}}`

const indent = (lines: readonly string[]): string => lines.join('\n').replace(/^(?=.)/gm, '  ')

const block = (members: readonly string[], outer = '  '): string =>
  members.length === 0 ? '{}' : `{\n${indent(members).replace(/^(?=.)/gm, outer)}\n${outer}}`

const comment = (text: string): string => text.replaceAll('*/', '*\\/')
