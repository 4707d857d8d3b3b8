// test/spec/values.ts: constants of .wast scripts as the values that cross an engine's border (src/engine/link/imports.ts).
import type {List, Node} from './wast.ts'

export type Const =
  | Readonly<{kind: 'scalar'; type: string; value: boolean | number | bigint | string}>
  | Readonly<{kind: 'list' | 'tuple'; items: readonly Const[]}>
  | Readonly<{kind: 'record'; fields: readonly Readonly<{label: string; value: Const}>[]}>
  | Readonly<{kind: 'flags'; labels: readonly string[]}>
  | Readonly<{kind: 'enum'; label: string}>
  /** Options and results too: `some`, `none`, `ok`, `err`. */
  | Readonly<{kind: 'variant' | 'option' | 'result'; label: string; value: Const | undefined}>

const text = (node: Node | undefined): string => {
  if (node?.kind === 'string') return new TextDecoder().decode(node.bytes)
  if (node?.kind === 'atom') return node.text
  throw new Error('expected a string or a number')
}

/** `(u32.const 1)`, `(record.const (field "a" u8.const 1))` and so on. */
export const readConst = (form: List): Const => read(form.items)

function read(items: readonly Node[]): Const {
  const [head, ...rest] = items
  const name = text(head)
  const inner = (node: Node | undefined): Const | undefined =>
    node === undefined ? undefined : readConst(node as List)
  switch (name) {
    case 'list.const':
    case 'tuple.const':
      return {
        kind: name === 'list.const' ? 'list' : 'tuple',
        items: rest.map(item => readConst(item as List)),
      }
    case 'record.const': {
      const fields = rest.map(node => {
        const [, label, ...value] = (node as List).items
        return {label: text(label), value: value[0]?.kind === 'list' ? readConst(value[0]) : read(value)}
      })
      return {kind: 'record', fields}
    }
    case 'flags.const':
      return {kind: 'flags', labels: rest.map(text)}
    case 'enum.const':
      return {kind: 'enum', label: text(rest[0])}
    case 'variant.const':
      return {kind: 'variant', label: text(rest[0]), value: inner(rest[1])}
    case 'option.some':
    case 'option.none':
      return {kind: 'option', label: name.slice('option.'.length), value: inner(rest[0])}
    case 'result.ok':
    case 'result.err':
      return {kind: 'result', label: name.slice('result.'.length), value: inner(rest[0])}
    default: {
      const type = name.replace('.const', '')
      return {kind: 'scalar', type, value: scalar(type, text(rest[0]))}
    }
  }
}

function scalar(type: string, written: string): boolean | number | bigint | string {
  switch (type) {
    case 'bool':
      return written === 'true'
    case 'char':
    case 'str':
      return written
    case 's64':
    case 'u64':
      return BigInt(written.replaceAll('_', ''))
    case 'f32':
      return Math.fround(float(written))
    case 'f64':
      return float(written)
    default:
      return Number(written.replaceAll('_', ''))
  }
}

const float = (written: string): number =>
  written.includes('nan')
    ? Number.NaN
    : written.includes('inf')
      ? Number(`${written.replace('inf', '')}Infinity`)
      : Number(written.replaceAll('_', ''))

export const camelCase = (label: string): string =>
  label.toLowerCase().replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

const arrays: Readonly<Record<string, {from(items: any): ArrayLike<number> | ArrayLike<bigint>}>> = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  u64: BigUint64Array,
  s64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
}

/** The value that an argument stands for. Flags that are not named are left out. */
export function toValue(constant: Const): unknown {
  switch (constant.kind) {
    case 'scalar':
      return constant.value
    case 'tuple':
      return constant.items.map(toValue)
    case 'list': {
      const first = constant.items[0]
      const array = first?.kind === 'scalar' ? arrays[first.type] : undefined
      const items = constant.items.map(toValue)
      return array === undefined ? items : array.from(items)
    }
    case 'record':
      return Object.fromEntries(constant.fields.map(field => [camelCase(field.label), toValue(field.value)]))
    case 'flags':
      return Object.fromEntries(constant.labels.map(label => [camelCase(label), true]))
    case 'enum':
      return constant.label
    case 'option':
      if (constant.value === undefined) return undefined
      return constant.value.kind === 'option'
        ? {tag: 'some', val: toValue(constant.value)}
        : toValue(constant.value)
    case 'variant':
    case 'result':
      return constant.value === undefined
        ? {tag: constant.label}
        : {tag: constant.label, val: toValue(constant.value)}
  }
}

/** Whether a result is what the script expects. */
export function matches(constant: Const, value: any): boolean {
  switch (constant.kind) {
    case 'scalar':
      return Object.is(constant.value, value)
    case 'list':
    case 'tuple': {
      const items = Array.from((value ?? []) as ArrayLike<unknown>)
      return (
        items.length === constant.items.length && constant.items.every((item, i) => matches(item, items[i]))
      )
    }
    case 'record':
      return constant.fields.every(field => matches(field.value, value?.[camelCase(field.label)]))
    case 'flags': {
      const set = Object.entries(value ?? {}).filter(([, on]) => on)
      const labels = new Set(constant.labels.map(camelCase))
      return set.length === labels.size && set.every(([label]) => labels.has(label))
    }
    case 'enum':
      return value === constant.label
    case 'option': {
      const none = value === undefined || value?.tag === 'none'
      if (constant.value === undefined) return none
      return !none && matches(constant.value, constant.value.kind === 'option' ? value.val : value)
    }
    case 'variant':
    case 'result':
      if (value?.tag !== constant.label) return false
      return constant.value === undefined ? value.val === undefined : matches(constant.value, value.val)
  }
}
