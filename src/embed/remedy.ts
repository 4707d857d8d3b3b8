// embed/remedy.ts: what to do about an import that a program does not give.

import {className, functionName} from '../engine/link/function-names.ts'
import {camelCase} from '../engine/link/glue/names.ts'
import {InterfaceIndex} from '../engine/link/version.ts'
import type {HostImports} from './host-objects.ts'

/** `missing` is an interface, or a function as `interface#function`; the world's own functions have no interface. */
export function remedyFor(missing: string, imports: HostImports, hasWasi: boolean): string {
  if (missing.startsWith('wasi:') && !hasWasi) return 'grant it WASI: load(source, {wasi: {}})'
  const [interfaceName, func] = missing.split('#') as [string, string?]
  if (func === undefined)
    return `give it as imports: {${JSON.stringify(nameInJavaScript(interfaceName))}: ...}${held('imports has', imports)}`
  const place = `imports[${JSON.stringify(interfaceName)}]`
  const given = new InterfaceIndex(new Map(Object.entries(imports))).find(interfaceName)
  const has = typeof given === 'object' && given !== null ? held('it has', given) : ''
  return `give the function ${nameInJavaScript(func)} in ${place}${has}`
}

/** `[method]db-file.read-all` → `DbFile.prototype.readAll` */
function nameInJavaScript(name: string): string {
  if (name.includes(':')) return name
  const parts = functionName(name)
  switch (parts.kind) {
    case 'function':
      return camelCase(parts.name)
    case 'constructor':
      return `${className(parts.resource)}, a class,`
    case 'static':
      return `${className(parts.resource)}.${camelCase(parts.name)}`
    case 'method':
      return `${className(parts.resource)}.prototype.${camelCase(parts.name)}`
  }
}

const MOST_NAMES = 8

/** A misspelt name is found among what there is. */
function held(what: string, object: object): string {
  const names = Object.keys(object)
  if (names.length === 0) return ''
  const more = names.length > MOST_NAMES ? ' ...' : ''
  return `; ${what} ${names.slice(0, MOST_NAMES).join(', ')}${more}`
}
