// manifest/variable.ts: [variables], what an application is told at start.
import type {Variable} from './app.ts'
import {type Check, conflict, flag, named, text, then} from './check.ts'
import {variableName} from './names.ts'
import {optional, ruled, table} from './table.ts'

const declaration = ruled(
  table({
    description: optional(text, ''),
    required: optional(flag, false),
    default: optional(text),
    secret: optional(flag, false),
  }),
  ({entries, at}, path, reader) => {
    const must = entries.get('required')?.value
    const isRequired = must?.kind === 'boolean' && must.value
    if (isRequired && entries.has('default'))
      conflict(entries.get('default')!.keyAt, path, reader, {
        reason: 'a variable that is required has no default',
        remedy: 'remove one of the two',
      })
    if (must !== undefined && must.kind !== 'boolean') return
    if (!isRequired && !entries.has('default') && reader.whole)
      conflict(at, path, reader, {
        reason: 'a variable has a default or is required',
        remedy: 'add default = "..." or required = true',
      })
  },
)

const variable: Check<Variable> = then(declaration, ({description, required, default: value, secret}) =>
  required ? {description, secret, required} : {description, secret, required, default: value ?? ''},
)

export const variables = named(variable, variableName)
