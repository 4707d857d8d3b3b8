// engine/abi/types.ts: component-level types with every index resolved, as the canonical ABI sees them.
import type {PrimValType} from '../component/component.ts'

export type PrimKind = PrimValType

/** Nodes are shared: a type defined once in a component is one object, so identity is a good cache key. */
export type Type =
  | Readonly<{kind: PrimKind}>
  | Readonly<{kind: 'list'; element: Type; length: number | undefined}>
  | Readonly<{kind: 'record'; fields: readonly Readonly<{label: string; type: Type}>[]}>
  | Readonly<{kind: 'tuple'; elements: readonly Type[]}>
  | Readonly<{kind: 'variant'; cases: readonly VariantCase[]}>
  | Readonly<{kind: 'enum'; labels: readonly string[]}>
  | Readonly<{kind: 'option'; element: Type}>
  | Readonly<{kind: 'result'; ok: Type | undefined; err: Type | undefined}>
  | Readonly<{kind: 'flags'; labels: readonly string[]}>
  | Readonly<{kind: 'map'; key: Type; value: Type; entry: Type}>
  | Readonly<{kind: 'own'; resource: Resource}>
  | Readonly<{kind: 'borrow'; resource: Resource}>
  | Readonly<{kind: 'stream'; element: Type | undefined}>
  | Readonly<{kind: 'future'; element: Type | undefined}>

export type VariantCase = Readonly<{label: string; type: Type | undefined}>

/** A resource type of one linked component; identity is equality. */
export type Resource = Readonly<{
  index: number
  name: string
  /** The index of the component instance that defines it; undefined for a resource of the host. */
  instance: number | undefined
  /** What its component has for it; a host's own is of any type. */
  rep: 'i32' | 'i64'
}>

export type FuncType = Readonly<{
  async: boolean
  params: readonly Readonly<{label: string; type: Type}>[]
  result: Type | undefined
}>

const prims = new Map<PrimKind, Type>()

export function primType(kind: PrimKind): Type {
  let type = prims.get(kind)
  if (type === undefined) prims.set(kind, (type = {kind} as Type))
  return type
}

/** The cases of anything that the ABI treats as a variant (CanonicalABI.md, despecialize); undefined for the rest. */
export function casesOf(type: Type): readonly VariantCase[] | undefined {
  switch (type.kind) {
    case 'variant':
      return type.cases
    case 'enum':
      return type.labels.map(label => ({label, type: undefined}))
    case 'option':
      return [
        {label: 'none', type: undefined},
        {label: 'some', type: type.element},
      ]
    case 'result':
      return [
        {label: 'ok', type: type.ok},
        {label: 'error', type: type.err},
      ]
    default:
      return undefined
  }
}

/** The element types of anything that the ABI treats as a record; undefined for the rest. */
export function elementsOf(type: Type): readonly Type[] | undefined {
  if (type.kind === 'record') return type.fields.map(field => field.type)
  if (type.kind === 'tuple') return type.elements
  return undefined
}

/** Whether a type of this kind occurs anywhere inside. */
export const contains = (type: Type | undefined, kind: Type['kind']): boolean =>
  type !== undefined && kindsIn(type).has(kind)

/** Types share parts, and are asked for one kind after the other. */
const kinds = new WeakMap<Type, ReadonlySet<Type['kind']>>()

function kindsIn(type: Type): ReadonlySet<Type['kind']> {
  const known = kinds.get(type)
  if (known !== undefined) return known
  const found = new Set([type.kind])
  for (const inside of partsOf(type))
    if (inside !== undefined) for (const kind of kindsIn(inside)) found.add(kind)
  kinds.set(type, found)
  return found
}

function partsOf(type: Type): readonly (Type | undefined)[] {
  if (type.kind === 'list') return [type.element]
  if (type.kind === 'map') return [type.entry]
  return elementsOf(type) ?? casesOf(type)?.map(each => each.type) ?? []
}
