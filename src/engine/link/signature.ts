// engine/link/signature.ts: the type of a function as text, to compare what a component imports with what is offered.
import type {FuncType, Resource, Type} from '../abi/types.ts'

/** How a resource is called in signatures. */
type NameOf = (resource: Resource) => string

/**
 * `async func(borrow<wasi:filesystem/types@0.3#descriptor>, u64) -> result<_, enum{io, pipe}>`. All named types but
 * resources are written out. The names of parameters are left out: callers do not see them.
 */
export function signatureOf({async, params, result}: FuncType, nameOf: NameOf): string {
  const given = params.map(param => typeText(param.type, nameOf)).join(', ')
  const returned = result === undefined ? '' : ` -> ${typeText(result, nameOf)}`
  return `${async ? 'async ' : ''}func(${given})${returned}`
}

/** More than this is no type of any interface that a host offers: types share parts, and text does not. */
const MAX_LENGTH = 16 * 1024

function typeText(type: Type, nameOf: NameOf): string {
  let length = 0
  const text = (each: Type | undefined): string => {
    if (each === undefined) return '_'
    if (length > MAX_LENGTH) return '…'
    const written = write(each)
    length += written.length
    return written
  }
  const members = <T extends {label: string; type: Type | undefined}>(
    list: readonly T[],
    one: (member: T) => string,
  ): string => list.map(one).join(', ')
  const write = (each: Type): string => {
    switch (each.kind) {
      case 'list':
        return `list<${text(each.element)}${each.length === undefined ? '' : `, ${each.length}`}>`
      case 'record':
        return `record{${members(each.fields, field => `${field.label}: ${text(field.type)}`)}}`
      case 'tuple':
        return `tuple<${each.elements.map(text).join(', ')}>`
      case 'variant':
        return `variant{${members(each.cases, one => (one.type === undefined ? one.label : `${one.label}(${text(one.type)})`))}}`
      case 'enum':
      case 'flags':
        return `${each.kind}{${each.labels.join(', ')}}`
      case 'option':
        return `option<${text(each.element)}>`
      case 'result':
        if (each.err !== undefined) return `result<${text(each.ok)}, ${text(each.err)}>`
        return each.ok === undefined ? 'result' : `result<${text(each.ok)}>`
      case 'map':
        return `map<${text(each.key)}, ${text(each.value)}>`
      case 'own':
      case 'borrow':
        return `${each.kind}<${nameOf(each.resource)}>`
      case 'stream':
      case 'future':
        return each.element === undefined ? each.kind : `${each.kind}<${text(each.element)}>`
      default:
        return each.kind
    }
  }
  return text(type)
}

/** What both have around their first difference; undefined where they are the same. */
export function difference(imported: string, offered: string): string | undefined {
  if (imported === offered) return undefined
  let at = 0
  while (imported[at] === offered[at]) at++
  const around = (text: string): string => {
    const from = Math.max(0, at - CONTEXT)
    const to = at + CONTEXT
    return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`
  }
  return `${around(imported)} in place of ${around(offered)}`
}

const CONTEXT = 30
