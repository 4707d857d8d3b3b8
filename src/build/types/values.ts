// build/types/values.ts: value types as TypeScript writes them, for values as engine/link/imports.ts gives them.
import {MayflyError} from '../../base/errors.ts'
import type {PrimValType} from '../../engine/component/component.ts'
import type {Resource, ResourceId, Shape, Value} from '../../engine/component/validation/types.ts'
import {memberNames} from '../../engine/link/glue/names.ts'
import {property} from './names.ts'

const PRIMS: Readonly<Record<PrimValType, string>> = {
  bool: 'boolean',
  s8: 'number',
  u8: 'number',
  s16: 'number',
  u16: 'number',
  s32: 'number',
  u32: 'number',
  s64: 'bigint',
  u64: 'bigint',
  f32: 'number',
  f64: 'number',
  char: 'string',
  string: 'string',
  'error-context': 'ErrorContext',
}

const LISTS: Readonly<Partial<Record<PrimValType, string>>> = {
  s8: 'Int8Array',
  u8: 'Uint8Array',
  s16: 'Int16Array',
  u16: 'Uint16Array',
  s32: 'Int32Array',
  u32: 'Uint32Array',
  s64: 'BigInt64Array',
  u64: 'BigUint64Array',
  f32: 'Float32Array',
  f64: 'Float64Array',
}

/** Types may share parts, so that few bytes could ask for endless text. */
const MOST_PARTS = 200_000

/** Who takes the value: what a guest gives is read, what the host gives may come in more forms. */
export type Taker = 'host' | 'guest'

/** Writes types; those that have names are referred to by them. */
export class ValueTypes {
  readonly #names = new Map<Value | Shape, string>()
  readonly #resources = new Map<ResourceId, string>()
  #parts = 0

  /** From now on the type goes by this name. */
  name(type: Value & object, name: string): void {
    this.#names.set(type, name)
    // All mentions of a primitive share theirs.
    if (type.shape.kind !== 'prim' && !this.#names.has(type.shape)) this.#names.set(type.shape, name)
  }

  nameResource({id}: Resource, name: string): void {
    this.#resources.set(id, name)
  }

  /** The name that a resource has already, of the interface that defines it. */
  resourceName({id}: Resource): string | undefined {
    return this.#resources.get(id)
  }

  text(type: Value, taker: Taker): string {
    if (typeof type === 'string') return PRIMS[type]
    return this.#names.get(type) ?? this.#names.get(type.shape) ?? this.shape(type.shape, taker)
  }

  /** The type that has no name yet, written out; `taker` is unset where both may take it. */
  shape(shape: Shape, taker: Taker | undefined): string {
    if (++this.#parts > MOST_PARTS)
      throw new MayflyError('LINK_UNSUPPORTED', {
        who: 'the component',
        feature: 'more types than a declaration can hold',
        remedy: '',
      })
    const text = (type: Value) => this.text(type, taker ?? 'host')
    switch (shape.kind) {
      case 'prim':
        return PRIMS[shape.prim]
      case 'record': {
        const names = memberNames(shape.fields.map(field => field.label))
        const fields = shape.fields.map(({type}, i) => {
          const optional = isOption(type) ? '?' : ''
          return `${property(names[i]!)}${optional}: ${text(type)}`
        })
        return `{${fields.join('; ')}}`
      }
      case 'flags':
        return `{${memberNames(shape.labels)
          .map(name => `${property(name)}?: boolean`)
          .join('; ')}}`
      case 'variant':
        return shape.cases
          .map(({label, type}) => tagged(label, type === undefined ? undefined : text(type)))
          .join(' | ')
      case 'enum':
        return shape.labels.map(label => JSON.stringify(label)).join(' | ')
      case 'tuple':
        return `[${shape.elements.map(text).join(', ')}]`
      case 'list':
        return this.#list(shape.element, text)
      case 'map':
        return `[${text(shape.key)}, ${text(shape.value)}][]`
      case 'option':
        return isOption(shape.element)
          ? `${tagged('some', text(shape.element))} | ${tagged('none', undefined)}`
          : `${text(shape.element)} | undefined`
      case 'result':
        return `Result<${shape.ok === undefined ? 'undefined' : text(shape.ok)}, ${shape.err === undefined ? 'undefined' : text(shape.err)}>`
      case 'own':
      case 'borrow':
        return this.#resources.get(shape.resource.id) ?? 'GuestResource'
      case 'future': {
        const value = shape.element === undefined ? 'void' : text(shape.element)
        return taker === 'guest' ? `Promise<${value}> | ${parenthesised(value)}` : `Promise<${value}>`
      }
      case 'stream': {
        const chunk = shape.element === undefined ? '{length: number}' : this.#list(shape.element, text)
        return taker === 'guest' ? `StreamSource<${chunk}>` : `GuestStream<${chunk}>`
      }
    }
  }

  #list(element: Value, text: (type: Value) => string): string {
    const prim =
      typeof element === 'string' ? element : element.shape.kind === 'prim' ? element.shape.prim : ''
    const typed = prim === '' ? undefined : LISTS[prim]
    return typed ?? `${parenthesised(text(element))}[]`
  }
}

const isOption = (type: Value): boolean => typeof type !== 'string' && type.shape.kind === 'option'

const tagged = (label: string, payload: string | undefined): string =>
  payload === undefined
    ? `{tag: ${JSON.stringify(label)}}`
    : `{tag: ${JSON.stringify(label)}; ${payload.endsWith('| undefined') ? 'val?' : 'val'}: ${payload}}`

const parenthesised = (type: string): string => (type.includes('|') ? `(${type})` : type)
