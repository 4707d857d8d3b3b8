// embed/values.ts: values that a program gives to a guest, checked and copied before anything of the guest runs.
//
// The engine takes its values as they come, from parts of Mayfly that are typed. A program's own may be anything: what is
// read here is read once, so that it is what was checked that the engine lowers.
import {NUMBER_ARRAYS} from '../engine/abi/number-arrays.ts'
import {ErrorContext} from '../engine/async/error-context.ts'
import type {PrimValType} from '../engine/component/component.ts'
import type {ResourceId, Shape, Value} from '../engine/component/validation/types.ts'
import {memberNames} from '../engine/link/glue/names.ts'
import {GuestResource} from '../engine/link/guest-resource.ts'
import {inside, Mismatch} from './mismatch.ts'

/** Gives the engine's value for a program's. @throws Mismatch */
export type Check = (value: unknown) => unknown

const INTEGERS = {
  u8: [0, 2 ** 8 - 1],
  u16: [0, 2 ** 16 - 1],
  u32: [0, 2 ** 32 - 1],
  s8: [-(2 ** 7), 2 ** 7 - 1],
  s16: [-(2 ** 15), 2 ** 15 - 1],
  s32: [-(2 ** 31), 2 ** 31 - 1],
} as const
const BIGINTS = {u64: [0n, 2n ** 64n - 1n], s64: [-(2n ** 63n), 2n ** 63n - 1n]} as const

const plain = (expected: string, isOne: (value: unknown) => boolean): Check => {
  return value => {
    if (!isOne(value)) throw new Mismatch(expected, value)
    return value
  }
}
const isChar = (value: unknown): boolean =>
  typeof value === 'string' && [...value].length === 1 && value.isWellFormed()

function primitive(type: PrimValType): Check {
  switch (type) {
    case 'bool':
      return plain('a boolean', value => typeof value === 'boolean')
    case 'char':
      return plain('a string of one character', isChar)
    case 'string':
      return plain('a string', value => typeof value === 'string')
    case 'f32':
    case 'f64':
      return plain('a number', value => typeof value === 'number')
    case 'u64':
    case 's64': {
      const [least, most] = BIGINTS[type]
      const isOne = (value: unknown) => typeof value === 'bigint' && value >= least && value <= most
      return plain(`a bigint from ${least}n to ${most}n`, isOne)
    }
    case 'error-context':
      return plain('an ErrorContext', value => value instanceof ErrorContext)
    default: {
      const [least, most] = INTEGERS[type]
      const isOne = (value: unknown) =>
        Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      return plain(`an integer from ${least} to ${most}`, isOne)
    }
  }
}

type Properties = Readonly<Record<string, unknown>>

function object(value: unknown, expected: string): Properties {
  if ((typeof value === 'object' || typeof value === 'function') && value !== null) return value as Properties
  throw new Mismatch(expected, value)
}

/** As a WIT name may be `constructor`, what every object inherits is no member. */
const member = (value: Properties, name: string): unknown =>
  name in Object.prototype && !Object.hasOwn(value, name) ? undefined : value[name]

const quoted = (labels: readonly string[]): string => {
  const shown = labels.slice(0, 8).map(label => JSON.stringify(label))
  return labels.length > shown.length ? `${shown.join(', ')} …` : shown.join(', ')
}

/** The checks of one component's types. */
export class ValueChecks {
  readonly #hosts: ReadonlySet<ResourceId>
  readonly #known = new Map<Value, Check>()

  /** `hosts` are the resources that the program implements. */
  constructor(hosts: ReadonlySet<ResourceId>) {
    this.#hosts = hosts
  }

  of(type: Value): Check {
    let check = this.#known.get(type)
    if (check === undefined) {
      check = typeof type === 'string' ? primitive(type) : this.#shape(type.shape)
      this.#known.set(type, check)
    }
    return check
  }

  #shape(shape: Shape): Check {
    switch (shape.kind) {
      case 'prim':
        return primitive(shape.prim)
      case 'record':
        return this.#record(shape)
      case 'flags':
        return flags(shape.labels)
      case 'enum': {
        const labels = new Set<unknown>(shape.labels)
        return plain(`one of ${quoted(shape.labels)}`, value => labels.has(value))
      }
      case 'variant':
        return this.#tagged(shape.cases.map(({label, type}) => [label, type]))
      case 'result':
        return this.#tagged([
          ['ok', shape.ok],
          ['err', shape.err],
        ])
      case 'option':
        return this.#option(shape.element)
      case 'tuple':
        return this.#tuple(shape.elements)
      case 'list':
        return this.#list(shape.element, shape.length)
      case 'map': {
        const pairs = array(this.#tuple([shape.key, shape.value]))
        return value => pairs(value instanceof Map ? [...value] : value)
      }
      case 'own':
      case 'borrow':
        return this.#hosts.has(shape.resource.id)
          ? value => object(value, 'an object, for a resource')
          : plain('a resource of the component', value => value instanceof GuestResource)
      case 'stream':
        return plain('an iterable or async iterable of chunks, for a stream', isIterable)
      case 'future': {
        const check = shape.element === undefined ? () => undefined : this.of(shape.element)
        return value => (isThenable(value) ? value : check(value))
      }
    }
  }

  #record({fields}: Shape & {kind: 'record'}): Check {
    const names = memberNames(fields.map(({label}) => label))
    const checks = fields.map(({type}) => this.of(type))
    const expected = `an object with ${names.slice(0, 8).join(', ')}`
    return value => {
      const given = object(value, expected)
      const record = Object.create(null)
      for (let i = 0; i < names.length; i++)
        record[names[i]!] = inside(`.${names[i]}`, checks[i]!, member(given, names[i]!))
      return record
    }
  }

  #tagged(cases: readonly (readonly [label: string, type: Value | undefined])[]): Check {
    const payloads = new Map<unknown, Check | undefined>(
      cases.map(([label, type]) => [label, type && this.of(type)]),
    )
    const expected = `an object whose tag is one of ${quoted(cases.map(([label]) => label))}`
    return value => {
      const given = object(value, expected)
      const {tag} = given
      if (!payloads.has(tag))
        throw tag === undefined ? new Mismatch(expected, value) : new Mismatch(expected, value, tag)
      const check = payloads.get(tag)
      return {tag, val: check === undefined ? undefined : inside('.val', check, given['val'])}
    }
  }

  #option(element: Value): Check {
    // As in engine/link/glue/cases.ts: one of an option keeps a box.
    if (typeof element !== 'string' && element.shape.kind === 'option')
      return this.#tagged([
        ['some', element],
        ['none', undefined],
      ])
    const check = this.of(element)
    return value => (value === undefined || value === null ? undefined : check(value))
  }

  #tuple(elements: readonly Value[]): Check {
    const checks = elements.map(element => this.of(element))
    const expected = `an array of ${elements.length}`
    return value => {
      if (!Array.isArray(value) || value.length !== checks.length) throw new Mismatch(expected, value)
      return checks.map((check, i) => inside(`[${i}]`, check, value[i]))
    }
  }

  #list(element: Value, length: number | undefined): Check {
    const prim =
      typeof element === 'string' ? element : element.shape.kind === 'prim' ? element.shape.prim : undefined
    const typed =
      prim !== undefined && prim in NUMBER_ARRAYS
        ? NUMBER_ARRAYS[prim as keyof typeof NUMBER_ARRAYS]
        : undefined
    const items = array(this.of(element))
    const check: Check =
      typed === undefined
        ? items
        : value => {
            if (!(value instanceof typed))
              return (typed.from as (items: unknown) => unknown).call(typed, items(value))
            if ((value.buffer as ArrayBuffer).detached)
              throw new Mismatch('an array whose memory has not been transferred', value)
            return value
          }
    if (length === undefined) return check
    return value => {
      const list = check(value) as ArrayLike<unknown>
      if (list.length !== length) throw new Mismatch(`a list of ${length}`, value)
      return list
    }
  }
}

function array(check: Check): Check {
  return value => {
    if (!Array.isArray(value)) throw new Mismatch('an array', value)
    const {length} = value
    const copy: unknown[] = []
    for (let i = 0; i < length; i++) copy.push(inside(`[${i}]`, check, value[i]))
    return copy
  }
}

function flags(labels: readonly string[]): Check {
  const names = memberNames(labels)
  const known = new Set(names)
  const expected = `an object of booleans: ${names.slice(0, 8).join(', ')}`
  const flag = plain('a boolean', value => value === undefined || typeof value === 'boolean')
  return value => {
    const given = object(value, expected)
    for (const name of Object.keys(given)) if (!known.has(name)) throw new Mismatch(expected, value, name)
    const copy = Object.create(null)
    for (const name of names) copy[name] = inside(`.${name}`, flag, member(given, name))
    return copy
  }
}

const isIterable = (value: any): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Symbol.asyncIterator in value || Symbol.iterator in value || ArrayBuffer.isView(value))

export const isThenable = (value: any): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof value.then === 'function'
