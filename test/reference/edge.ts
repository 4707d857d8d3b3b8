// test/reference/edge.ts: types as wasmtime's command line can give and take them.
import type {Type} from './type.ts'

/**
 * WAVE has no maps, and none is read as a list of fixed length (wasm-wave, Node::to_wasm_value): a component that faces
 * it has the types there that despecialize to the same, so that its core code is the same too.
 * @see CanonicalABI.md Despecialization: `map<k, v>` is `list<tuple<k, v>>`; a fixed list is laid out and flattened as
 * that many fields
 */
export function edge(type: Type): Type {
  const maybe = (each: Type | undefined) => (each === undefined ? undefined : edge(each))
  switch (type.kind) {
    case 'map':
      return {kind: 'list', of: {kind: 'tuple', of: [edge(type.key), edge(type.value)]}, length: undefined}
    case 'list':
      if (type.length === undefined) return {...type, of: edge(type.of)}
      return {kind: 'tuple', of: Array.from({length: type.length}, () => edge(type.of))}
    case 'option':
      return {kind: 'option', of: edge(type.of)}
    case 'tuple':
      return {kind: 'tuple', of: type.of.map(edge)}
    case 'record':
      return {kind: 'record', fields: type.fields.map(([label, each]) => [label, edge(each)])}
    case 'variant':
      return {kind: 'variant', cases: type.cases.map(([label, each]) => [label, maybe(each)])}
    case 'result':
      return {kind: 'result', ok: maybe(type.ok), err: maybe(type.err)}
    default:
      return type
  }
}
