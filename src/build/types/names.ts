// build/types/names.ts: names in TypeScript for WIT's interfaces, types and parameters.
import {camelCase} from '../../engine/link/glue/names.ts'

/** What emitted declarations refer to by plain names; types of the component must not hide them. */
const USED = new Set([
  'Awaitable',
  'Promise',
  'Result',
  'Iterable',
  'AsyncIterable',
  'Disposable',
  'World',
  'Int8Array',
  'Uint8Array',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float32Array',
  'Float64Array',
  'GuestResource',
  'GuestStream',
  'StreamSource',
  'ErrorContext',
])

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false ' +
    'finally for function if implements import in instanceof interface let new null package private protected public ' +
    'return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
)

/** `http-client` → `HttpClient` */
export function typeName(label: string): string {
  const camel = camelCase(label)
  const name = camel.charAt(0).toUpperCase() + camel.slice(1)
  return USED.has(name) ? `${name}_` : name
}

/** A parameter's name; several must not be the same. */
export function paramNames(labels: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return labels.map(label => unique(reserved(camelCase(label)), taken))
}

const reserved = (name: string): string => (RESERVED.has(name) ? `${name}_` : name)

/** `name`, or with a number where it is taken; takes it. */
export function unique(name: string, taken: Set<string>): string {
  let free = name
  for (let i = 2; taken.has(free); i++) free = `${name}${i}`
  taken.add(free)
  return free
}

/** `my:app/host@1.0.0` → `MyAppHost` */
export const namespaceName = (name: string): string =>
  typeName(
    name
      .replace(/@.*$/, '')
      .split(/[^A-Za-z0-9]+/)
      .filter(Boolean)
      .join('-'),
  )

/** A property name in an object type. */
export const property = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
