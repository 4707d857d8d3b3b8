// manifest/application.ts: [application].
import type {JsonTable, Named} from './app.ts'
import {type Check, emptyRecord, list, text, textWhere, then} from './check.ts'
import {compact} from './compact.ts'
import {httpSettings} from './http-trigger.ts'
import {jsonTable} from './json.ts'
import {openTable, optional, required, table} from './table.ts'
import {targets} from './target.ts'
import {applicationTools} from './tool.ts'

const applicationName = textWhere('a name', name => (name.trim() === '' ? true : undefined))

/** What both versions of the manifest say about an application in the same words. */
export const nameFields = {
  name: required(applicationName, 'name = "my-app"'),
  version: optional(text, ''),
  description: optional(text, ''),
  authors: optional(list(text), []),
}

/** `[application.trigger.<type>]` of all types. */
const triggerSettings: Check<Named<JsonTable>> = then(
  openTable({http: optional(httpSettings)}, jsonTable),
  ({http, rest}) =>
    http === undefined ? rest : Object.assign(emptyRecord<JsonTable>(), rest, {http: compact(http)}),
)

export const application = table(
  {
    ...nameFields,
    targets: optional(targets, []),
    trigger: optional(triggerSettings, emptyRecord<never>()),
    tool: optional(applicationTools),
  },
  {
    elsewhere: {
      variables: 'variables have a table of their own: [variables]',
    },
  },
)
