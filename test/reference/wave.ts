// test/reference/wave.ts: values as WAVE, WebAssembly's value encoding: what `wasmtime run --invoke` takes and prints
// (https://github.com/bytecodealliance/wasm-tools/tree/main/crates/wasm-wave). Values are those of arbitrary.ts.
import {camel} from './arbitrary.ts'
import type {Type} from './type.ts'

/** Labels that mean something else where a case may stand, and are written with a `%` there. */
const KEYWORDS: ReadonlySet<string> = new Set(['true', 'false', 'some', 'none', 'ok', 'err', 'inf', 'nan'])
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  "'": "\\'",
  '\t': '\\t',
  '\r': '\\r',
  '\n': '\\n',
}

const caseLabel = (label: string): string => (KEYWORDS.has(label) ? `%${label}` : label)
/** Arguments of programs hold no NUL; the other control characters would be hard to read. */
const escaped = (text: string): string =>
  text.replace(/[\\"'\p{Cc}]/gu, char => ESCAPES[char] ?? `\\u{${char.codePointAt(0)!.toString(16)}}`)

function float(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (Math.abs(value) === Number.POSITIVE_INFINITY) return value < 0 ? '-inf' : 'inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

export function writeWave(type: Type, value: any): string {
  const payload = (label: string, each: Type | undefined, val: unknown): string =>
    each === undefined ? label : `${label}(${writeWave(each, val)})`
  const items = (of: (i: number) => Type): string =>
    Array.from(value, (item, i) => writeWave(of(i), item)).join(', ')
  switch (type.kind) {
    case 'f32':
    case 'f64':
      return float(value)
    case 'char':
      return `'${escaped(value)}'`
    case 'string':
      return `"${escaped(value)}"`
    case 'list':
      return `[${items(() => type.of)}]`
    case 'tuple':
      return `(${items(i => type.of[i]!)})`
    case 'record':
      return `{${type.fields.map(([label, each]) => `${label}: ${writeWave(each, value[camel(label)])}`).join(', ')}}`
    case 'flags':
      return `{${type.labels.filter(label => value[camel(label)]).join(', ')}}`
    case 'enum':
      return caseLabel(value)
    case 'variant': {
      const [label, each] = type.cases.find(([name]) => name === value.tag)!
      return payload(caseLabel(label), each, value.val)
    }
    case 'option':
      if (type.of.kind === 'option')
        return payload(value.tag, value.tag === 'none' ? undefined : type.of, value.val)
      return value === undefined ? 'none' : payload('some', type.of, value)
    case 'result':
      return payload(value.tag === 'ok' ? 'ok' : 'err', value.tag === 'ok' ? type.ok : type.err, value.val)
    case 'map':
    case 'own':
    case 'borrow':
      throw new Error(`WAVE has no ${type.kind}`)
    default:
      return String(value)
  }
}
