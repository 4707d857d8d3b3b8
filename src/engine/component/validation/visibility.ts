// engine/component/validation/visibility.ts: External Visibility of Types (Explainer.md).
import {type Context, charge} from './context.ts'
import {partsOf} from './facts.ts'
import type {Visible} from './scope.ts'
import type {AnyType, Defined, Entity, Func, Instance, Value} from './types.ts'

/**
 * Whether all resources, records, variants, enums and flags that `entity` mentions have names in `visible`.
 * The types that it imports or exports itself get their names on the way, in order, and are added to `also` too.
 */
export function takeNames(cx: Context, visible: Visible, entity: Entity, also: Visible | undefined): boolean {
  charge(cx)
  switch (entity.sort) {
    case 'type':
      if (!partsNamed(cx, visible, entity.type)) return false
      visible.named.add(entity.type)
      also?.named.add(entity.type)
      return true
    case 'instance':
      for (const inner of entity.type.exports.values()) {
        if (!takeNames(cx, visible, inner, also)) return false
      }
      return true
    case 'func':
      return funcNamed(cx, visible, entity.type)
    case 'value':
      return valueNamed(cx, visible, entity.type)
    case 'component':
    case 'core-module':
      // These are closed: their own validation has seen to it.
      return true
  }
}

/** Whether what a type consists of is named; the type itself may be about to get its name. */
function partsNamed(cx: Context, visible: Visible, type: AnyType): boolean {
  switch (type.kind) {
    case 'resource':
    case 'component':
      return true
    case 'defined':
      return definedPartsNamed(cx, visible, type)
    case 'func':
      return funcNamed(cx, visible, type)
    case 'instance':
      return instanceNamed(cx, visible, type)
  }
}

/** Names are only ever added, so what was found closed once stays so. */
function once<T extends Defined | Func | Instance>(visible: Visible, type: T, test: () => boolean): boolean {
  if (visible.closed.has(type)) return true
  if (!test()) return false
  visible.closed.add(type)
  return true
}

const instanceNamed = (cx: Context, visible: Visible, type: Instance): boolean =>
  once(visible, type, () => {
    charge(cx, 1 + type.exports.size)
    return [...type.exports.values()].every(entity => {
      if (entity.sort === 'type') return partsNamed(cx, visible, entity.type)
      if (entity.sort === 'func') return funcNamed(cx, visible, entity.type)
      if (entity.sort === 'instance') return instanceNamed(cx, visible, entity.type)
      return entity.sort !== 'value' || valueNamed(cx, visible, entity.type)
    })
  })

const funcNamed = (cx: Context, visible: Visible, type: Func): boolean =>
  once(visible, type, () => {
    charge(cx, 1 + type.params.length)
    return (
      type.params.every(param => valueNamed(cx, visible, param.type)) &&
      (type.result === undefined || valueNamed(cx, visible, type.result))
    )
  })

const mustBeNamed = new Set(['record', 'variant', 'enum', 'flags'])

function valueNamed(cx: Context, visible: Visible, type: Value): boolean {
  if (typeof type === 'string') return true
  if (mustBeNamed.has(type.shape.kind)) return visible.named.has(type)
  return once(visible, type, () => definedPartsNamed(cx, visible, type))
}

function definedPartsNamed(cx: Context, visible: Visible, type: Defined): boolean {
  const {shape} = type
  if (shape.kind === 'own' || shape.kind === 'borrow') return visible.named.has(shape.resource)
  const parts = partsOf(shape)
  charge(cx, 1 + parts.length)
  return parts.every(part => valueNamed(cx, visible, part))
}
