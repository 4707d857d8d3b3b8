// engine/link/function-names.ts: WIT's names of functions and resources as JavaScript's.
import {camelCase, memberNames} from './glue/names.ts'

/** What a function's WIT name says: '[method]counter.add' is the method 'add' of 'counter'. */
export type FunctionName =
  | Readonly<{kind: 'function'; name: string}>
  | Readonly<{kind: 'constructor'; resource: string}>
  | Readonly<{kind: 'method' | 'static'; resource: string; name: string}>

export function functionName(name: string): FunctionName {
  const [, kind, resource = '', own = ''] =
    /^\[(constructor|method|static)\]([^.]*)(?:\.(.*))?$/.exec(name) ?? []
  if (kind === undefined) return {kind: 'function', name}
  return kind === 'constructor' ? {kind, resource} : {kind: kind as 'method' | 'static', resource, name: own}
}

/** `http-client` → `HttpClient` */
export function className(label: string): string {
  const name = camelCase(label)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/**
 * The names in JavaScript of an interface's functions, by their WIT names: of methods and statics within their class; a
 * constructor's is `new`. Names that would be the same stay as they are, as in memberNames.
 */
export function functionNames(names: readonly string[]): ReadonlyMap<string, string> {
  const groups = new Map<string, {full: string; own: string}[]>()
  const found = new Map<string, string>()
  for (const full of names) {
    const parts = functionName(full)
    if (parts.kind === 'constructor') {
      found.set(full, 'new')
      continue
    }
    const key = parts.kind === 'function' ? '' : `${parts.kind} ${parts.resource}`
    const group = groups.get(key) ?? []
    if (group.length === 0) groups.set(key, group)
    group.push({full, own: parts.name})
  }
  for (const group of groups.values()) {
    const own = memberNames(group.map(each => each.own))
    group.forEach(({full}, i) => {
      found.set(full, own[i]!)
    })
  }
  return found
}
