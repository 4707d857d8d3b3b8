// build/compose/component-writer.ts: writes a component definition by definition, counting its index spaces (Binary.md).
import type {ExternType} from '../../engine/component/component.ts'
import {concat, name, type Pieces, section, unsigned} from '../../engine/core/writer.ts'

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]
const SECTION = {component: 4, instance: 5, alias: 6, type: 7, import: 10, export: 11} as const
export const SORTS = {func: [0x01], type: [0x03], component: [0x04], instance: [0x05]} as const

export type WrittenSort = keyof typeof SORTS

/** A definition by its sort and index. */
export type Written = Readonly<{sort: WrittenSort; index: number}>

export const externName = (text: string): number[] => [0, ...name(text)]

/** `<externtype>`, for what is composed. */
export function externType(
  type: Extract<ExternType, {kind: 'func' | 'instance' | 'component' | 'type'}>,
): number[] {
  if (type.kind !== 'type') return [...SORTS[type.kind], ...unsigned(type.type)]
  return type.bound.kind === 'eq' ? [0x03, 0x00, ...unsigned(type.bound.type)] : [0x03, 0x01]
}

export const vec = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
]

export class ComponentWriter {
  readonly #pieces: (Uint8Array | readonly number[])[] = [PREAMBLE]
  readonly #counts: Record<WrittenSort, number> = {func: 0, type: 0, component: 0, instance: 0}

  /** One section a definition, which keeps all in order. */
  #add(id: number, sort: WrittenSort, content: Pieces): Written {
    this.#pieces.push(...section(id, [[1], ...content]))
    return {sort, index: this.#counts[sort]++}
  }

  component(bytes: Uint8Array): Written {
    this.#pieces.push(...section(SECTION.component, [bytes]))
    return {sort: 'component', index: this.#counts.component++}
  }

  type(deftype: readonly number[]): Written {
    return this.#add(SECTION.type, 'type', [deftype])
  }

  import(text: string, type: Parameters<typeof externType>[0]): Written {
    return this.#add(SECTION.import, type.kind, [externName(text), externType(type)])
  }

  alias(sort: WrittenSort, instance: Written, text: string): Written {
    return this.#add(SECTION.alias, sort, [[...SORTS[sort], 0x00, ...unsigned(instance.index)], name(text)])
  }

  instantiate(component: Written, args: ReadonlyMap<string, Written>): Written {
    const given = [...args].map(([text, {sort, index}]) => [
      ...name(text),
      ...SORTS[sort],
      ...unsigned(index),
    ])
    return this.#add(SECTION.instance, 'instance', [[0x00, ...unsigned(component.index)], vec(given)])
  }

  /** An instance made of definitions that are there. */
  instance(exports: ReadonlyMap<string, Written>): Written {
    const items = [...exports].map(([text, {sort, index}]) => [
      ...externName(text),
      ...SORTS[sort],
      ...unsigned(index),
    ])
    return this.#add(SECTION.instance, 'instance', [[0x01], vec(items)])
  }

  export(text: string, {sort, index}: Written): Written {
    return this.#add(SECTION.export, sort, [externName(text), [...SORTS[sort], ...unsigned(index), 0x00]])
  }

  get bytes(): Uint8Array {
    return concat(this.#pieces)
  }
}
