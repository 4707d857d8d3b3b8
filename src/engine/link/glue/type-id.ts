// engine/link/glue/type-id.ts: a number for each type node, to key emitted helpers by.
import type {Type} from '../../abi/types.ts'

const ids = new WeakMap<Type, number>()
let count = 0

export function typeId(type: Type): number {
  let id = ids.get(type)
  if (id === undefined) ids.set(type, (id = count++))
  return id
}
