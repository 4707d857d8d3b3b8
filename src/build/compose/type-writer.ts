// build/compose/type-writer.ts: types of imports, written again for a component around those that import them.
import type {PrimValType} from '../../engine/component/component.ts'
import type {
  AnyType,
  Defined,
  Func,
  Labelled,
  ResourceId,
  Shape,
  Value,
} from '../../engine/component/validation/types.ts'
import {name, signed, unsigned} from '../../engine/core/writer.ts'
import {type ComponentWriter, externName, externType, SORTS, vec, type Written} from './component-writer.ts'

const PRIMS: Readonly<Record<PrimValType, number>> = {
  bool: 0x7f,
  s8: 0x7e,
  u8: 0x7d,
  s16: 0x7c,
  u16: 0x7b,
  s32: 0x7a,
  u32: 0x79,
  s64: 0x78,
  u64: 0x77,
  f32: 0x76,
  f64: 0x75,
  char: 0x74,
  string: 0x73,
  'error-context': 0x64,
}

/** What a type is known by: the object that is its name, and for a resource by any name its identity. */
type Key = AnyType | ResourceId

const keysOf = (type: AnyType): readonly Key[] => (type.kind === 'resource' ? [type, type.id] : [type])

/** A type that can be imported by itself or in an instance. */
export type Named = Extract<AnyType, {kind: 'resource' | 'defined'}>

export const isNamed = (type: AnyType): type is Named => type.kind === 'resource' || type.kind === 'defined'

/** A type index space into which types are written where they are first needed. */
abstract class TypeSpace {
  readonly #known = new Map<Key, number>()

  /** Adds a type; returns its index. */
  protected abstract define(deftype: readonly number[]): number
  /** The index of a type that has a name outside this space. */
  protected abstract named(key: Key): number | undefined
  /** No other space knows a resource that this one has to mention. */
  protected abstract unknownResource(): never

  /** The type has this index from now on; a resource keeps the one it had first, for mentions by other names. */
  know(type: AnyType, index: number): void {
    for (const key of keysOf(type)) if (key === type || !this.#known.has(key)) this.#known.set(key, index)
  }

  protected known(key: Key): number | undefined {
    return this.#known.get(key)
  }

  /** The index of a type that is here already, or that has a name elsewhere. */
  find(type: AnyType): number | undefined {
    for (const look of [(key: Key) => this.#known.get(key), (key: Key) => this.named(key)])
      for (const key of keysOf(type)) {
        const index = look(key)
        if (index === undefined) continue
        this.#known.set(key, index)
        return index
      }
    return undefined
  }

  defined(type: Defined): number {
    const found = this.find(type)
    if (found !== undefined) return found
    const index = this.define(this.#shape(type.shape))
    this.know(type, index)
    return index
  }

  func(type: Func): number {
    const code = type.async ? 0x43 : 0x40
    const result = type.result === undefined ? [0x01, 0x00] : [0x00, ...this.#value(type.result)]
    return this.define([code, ...this.#labelled(type.params), ...result])
  }

  #value(type: Value): number[] {
    return typeof type === 'string' ? [PRIMS[type]] : signed(BigInt(this.defined(type)))
  }

  #optional(type: Value | undefined): number[] {
    return type === undefined ? [0x00] : [0x01, ...this.#value(type)]
  }

  #labelled(fields: readonly Labelled<Value>[]): number[] {
    return vec(fields.map(({label, type}) => [...name(label), ...this.#value(type)]))
  }

  #shape(shape: Shape): number[] {
    switch (shape.kind) {
      case 'prim':
        return [PRIMS[shape.prim]]
      case 'record':
        return [0x72, ...this.#labelled(shape.fields)]
      case 'variant':
        return [
          0x71,
          ...vec(shape.cases.map(({label, type}) => [...name(label), ...this.#optional(type), 0x00])),
        ]
      case 'list':
        return shape.length === undefined
          ? [0x70, ...this.#value(shape.element)]
          : [0x67, ...this.#value(shape.element), ...unsigned(shape.length)]
      case 'tuple':
        return [0x6f, ...vec(shape.elements.map(each => this.#value(each)))]
      case 'flags':
        return [0x6e, ...vec(shape.labels.map(name))]
      case 'enum':
        return [0x6d, ...vec(shape.labels.map(name))]
      case 'option':
        return [0x6b, ...this.#value(shape.element)]
      case 'result':
        return [0x6a, ...this.#optional(shape.ok), ...this.#optional(shape.err)]
      case 'own':
      case 'borrow': {
        const index = this.find(shape.resource) ?? this.unknownResource()
        return [shape.kind === 'own' ? 0x69 : 0x68, ...unsigned(index)]
      }
      case 'stream':
        return [0x66, ...this.#optional(shape.element)]
      case 'future':
        return [0x65, ...this.#optional(shape.element)]
      case 'map':
        return [0x63, ...this.#value(shape.key), ...this.#value(shape.value)]
    }
  }
}

/** The types of the component that is being written, with those that its imports name. */
export class OuterTypes extends TypeSpace {
  readonly #writer: ComponentWriter
  readonly #named = new Map<Key, Readonly<{instance: Written; name: string}>>()
  readonly #refuse: () => never

  /** `refuse` reports an import that mentions a resource which no import defines. */
  constructor(writer: ComponentWriter, refuse: () => never) {
    super()
    this.#writer = writer
    this.#refuse = refuse
  }

  protected define(deftype: readonly number[]): number {
    return this.#writer.type(deftype).index
  }

  protected named(key: Key): number | undefined {
    const place = this.#named.get(key)
    return place && this.#writer.alias('type', place.instance, place.name).index
  }

  at(key: Key): number | undefined {
    return this.known(key) ?? this.named(key)
  }

  unknownResource(): never {
    return this.#refuse()
  }

  /** The type is one that an imported instance exports. */
  nameIn(instance: Written, text: string, type: AnyType): void {
    for (const key of keysOf(type)) if (!this.#named.has(key)) this.#named.set(key, {instance, name: text})
  }
}

/** The declarators of one instance type. */
export class InstanceTypes extends TypeSpace {
  readonly #outer: OuterTypes
  readonly #decls: number[][] = []
  #types = 0

  constructor(outer: OuterTypes) {
    super()
    this.#outer = outer
  }

  protected define(deftype: readonly number[]): number {
    this.#decls.push([0x01, ...deftype])
    return this.#types++
  }

  protected named(key: Key): number | undefined {
    const outside = this.#outer.at(key)
    if (outside === undefined) return undefined
    this.#decls.push([0x02, ...SORTS.type, 0x02, 0x01, ...unsigned(outside)])
    return this.#types++
  }

  protected unknownResource(): never {
    return this.#outer.unknownResource()
  }

  exportFunc(text: string, type: Func): void {
    this.#export(text, externType({kind: 'func', type: this.func(type)}))
  }

  /** `all` stand for this one type from now on. */
  exportType(text: string, all: readonly [Named, ...Named[]]): void {
    const [type] = all
    const bound =
      type.kind === 'defined'
        ? this.defined(type)
        : all.map(each => this.find(each)).find(index => index !== undefined)
    this.#export(
      text,
      externType({
        kind: 'type',
        bound: bound === undefined ? {kind: 'sub-resource'} : {kind: 'eq', type: bound},
      }),
    )
    for (const each of all) this.know(each, this.#types)
    this.#types++
  }

  #export(text: string, type: readonly number[]): void {
    this.#decls.push([0x04, ...externName(text), ...type])
  }

  get deftype(): number[] {
    return [0x42, ...vec(this.#decls)]
  }
}
