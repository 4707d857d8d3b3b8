// manifest/template.ts: strings that hold variables, `postgres://{{ user }}@db`. There are no filters and no escapes.
import {MayflyError} from '../base/errors.ts'
import {err, ok, type Result} from '../base/result.ts'
import {badValue, type Check, text, then} from './check.ts'

/** `{raw: 'a-{{ b }}', parts: [{text: 'a-'}, {variable: 'b'}]}` */
export type Template = Readonly<{raw: string; parts: readonly TemplatePart[]}>
export type TemplatePart = Readonly<{text: string} | {variable: string}>

/** @returns what is wrong as a sentence's end, when something is */
export function parseTemplate(raw: string): Result<Template, string> {
  const parts: TemplatePart[] = []
  let rest = raw
  while (rest !== '') {
    const open = rest.indexOf('{{')
    if (open < 0) {
      parts.push({text: rest})
      break
    }
    if (open > 0) parts.push({text: rest.slice(0, open)})
    const close = rest.indexOf('}}', open + 2)
    if (close < 0) return err('close every "{{" with "}}"')
    const variable = rest.slice(open + 2, close).trim()
    if (variable === '') return err('name a variable between "{{" and "}}"')
    parts.push({variable})
    rest = rest.slice(close + 2)
  }
  return ok({raw, parts})
}

export const isLiteral = ({parts}: Template): boolean => parts.every(part => 'text' in part)

export const variablesOf = ({parts}: Template): string[] =>
  parts.flatMap(part => ('variable' in part ? [part.variable] : []))

/** @throws MANIFEST_NO_VALUE for a variable that `variables` does not hold */
export function resolveTemplate({parts}: Template, variables: Readonly<Record<string, string>>): string {
  return parts.map(part => ('text' in part ? part.text : lookUp(part.variable, variables))).join('')
}

function lookUp(name: string, variables: Readonly<Record<string, string>>): string {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined
  if (value === undefined) throw new MayflyError('MANIFEST_NO_VALUE', {name, env: name.toUpperCase()})
  return value
}

/** A template in the manifest; the variables in it must be declared. */
export const template: Check<Template> = then(text, (raw, value, path, reader) => {
  const parsed = parseTemplate(raw)
  if (parsed.tag === 'err')
    return badValue(value, path, reader, 'a template such as "{{ name }}"', parsed.val)
  for (const name of variablesOf(parsed.val))
    reader.references.push({kind: 'variable', name, at: value.at, path})
  return parsed.val
})
