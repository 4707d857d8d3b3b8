// manifest/version-2.ts: a manifest of version 2, from the top.
import type {Named} from './app.ts'
import {application} from './application.ts'
import {type Check, emptyRecord, list, named, type Reader, then, wrongType} from './check.ts'
import {component} from './component.ts'
import type {Draft, TriggerDraft} from './draft.ts'
import {httpTrigger} from './http-trigger.ts'
import {json} from './json.ts'
import {componentId} from './names.ts'
import {otherTrigger} from './other-trigger.ts'
import {optional, required, table} from './table.ts'
import type {TomlTable} from './toml.ts'
import {variables} from './variable.ts'
import {quote} from './wording.ts'

const ofHttp: Check<TriggerDraft> = then(httpTrigger, draft => ({type: 'http', draft}))
const ofOther: Check<TriggerDraft> = then(otherTrigger, draft => ({type: 'other', draft}))

const triggers: Check<Named<readonly TriggerDraft[]>> = {
  expects: 'triggers',
  read(value, path, reader) {
    if (value.kind !== 'table') return wrongType(value, path, reader, 'a table', 'write [[trigger.http]]')
    const byType = emptyRecord<readonly TriggerDraft[]>()
    for (const [type, {value: entry}] of value.entries) {
      const twoBrackets = `write [[trigger.${/^[\w-]{1,60}$/.test(type) ? type : quote(type)}]], with two brackets`
      const all = list(type === 'http' ? ofHttp : ofOther, 'an array of tables', twoBrackets)
      reader.places.set([...path, type], entry.at)
      byType[type] = all.read(entry, [...path, type], reader) ?? []
    }
    return byType
  },
}

const inApplication = 'it belongs in [application]'
const manifest = table(
  {
    spin_manifest_version: optional(json),
    application: required(application, '[application] with name = "my-app"'),
    variables: optional(variables, emptyRecord<never>()),
    trigger: required(triggers, '[[trigger.http]] with route = "/..." and component = "..."'),
    component: optional(named(component, componentId, 'write [component.<id>]'), emptyRecord<never>()),
  },
  {
    elsewhere: {
      name: inApplication,
      version: inApplication,
      description: inApplication,
      authors: inApplication,
      tool: inApplication,
    },
  },
)

/** Reads version 2; what comes back is complete when no mistake was reported. */
export function readVersion2(root: TomlTable, reader: Reader): Draft | undefined {
  const read = manifest.read(root, [], reader)
  if (read?.application === undefined || reader.mistakes.any) return undefined
  const {name, version, description, authors, targets, trigger, tool} = read.application
  return {
    manifestVersion: 2,
    name,
    version,
    description,
    authors,
    targets,
    variables: read.variables,
    triggerSettings: trigger,
    triggers: read.trigger,
    components: read.component,
    tools: tool?.rest ?? emptyRecord(),
    mayfly: tool?.mayfly,
  }
}
