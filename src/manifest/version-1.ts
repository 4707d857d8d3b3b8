// manifest/version-1.ts: a manifest of version 1, read into the terms of version 2. It has triggers of one type only,
// one for each component, and lets components reach databases unless they say which hosts they reach.
import type {JsonTable, Named} from './app.ts'
import {nameFields} from './application.ts'
import {badValue, type Check, duplicateId, emptyRecord, list, type Reader, text, then} from './check.ts'
import {compact} from './compact.ts'
import {commonFields, componentVariables, draftOf} from './component.ts'
import type {Draft, TriggerDraft} from './draft.ts'
import {allowedOutboundHosts, DATABASES_OF_OLD} from './hosts.ts'
import {executor, httpRoute, settingsFields} from './http-trigger.ts'
import {json, jsonTable} from './json.ts'
import {componentId, isKebab} from './names.ts'
import {openTable, optional, required, table} from './table.ts'
import type {TomlTable} from './toml.ts'
import {variables} from './variable.ts'

const none = emptyRecord<never>()

/** Version 1 took ids that version 2 does not: `snake_case`, `mixedCase`. */
const toKebab = (id: string): string =>
  isKebab(id) === undefined ? id : id.replaceAll('_', '-').toLowerCase()

const id: Check<string> = then(text, (written, value, path, reader) => {
  const kebab = toKebab(written)
  return isKebab(kebab) === undefined ? kebab : badValue(value, path, reader, componentId.expects)
})

const componentFields = {
  ...commonFields,
  id: required(id, 'id = "my-component"'),
  config: optional(componentVariables, none),
  allowed_outbound_hosts: optional(allowedOutboundHosts),
}
const notInVersion1 = {
  variables: 'in version 1 it is called "config"',
  tool: 'version 1 has no tool tables: write spin_manifest_version = 2',
  dependencies: 'version 1 has no dependencies: write spin_manifest_version = 2',
}

const httpTrigger: Check<TriggerDraft> = then(
  table({route: required(httpRoute, 'route = "/..."'), executor: optional(executor)}),
  ({route, executor: runs}) => ({
    type: 'http',
    draft: {
      id: '',
      route,
      component: undefined,
      static_response: undefined,
      executor: runs,
      dependencies: none,
    },
  }),
)
const otherTrigger: Check<TriggerDraft> = then(jsonTable, rest => ({
  type: 'other',
  draft: {id: '', component: undefined, components: none, dependencies: none, rest},
}))

type Settings = Readonly<{type: string; settings: JsonTable}>
const type = required(text, 'type = "http"')
const httpSettings: Check<Settings> = then(table({type, ...settingsFields}), ({base}) => ({
  type: 'http',
  settings: compact({base}),
}))
const otherSettings: Check<Settings> = then(openTable({type}, json), ({type: name, rest}) => ({
  type: name,
  settings: rest,
}))

/** The whole manifest, for the one type of trigger that it has. */
const manifest = (settings: Check<Settings>, trigger: Check<TriggerDraft>) =>
  table(
    {
      ...nameFields,
      spin_manifest_version: optional(json),
      spin_version: optional(json),
      variables: optional(variables, none),
      trigger: required(settings, 'trigger = { type = "http" }'),
      component: optional(
        list(
          table(
            {...componentFields, trigger: required(trigger, 'trigger = { ... }')},
            {elsewhere: notInVersion1},
          ),
          'an array of tables',
          'write [[component]], with two brackets',
        ),
        [],
      ),
    },
    {elsewhere: {application: 'write spin_manifest_version = 2 to have it'}},
  )
const httpManifest = manifest(httpSettings, httpTrigger)
const otherManifest = manifest(otherSettings, otherTrigger)

/** Reads version 1; what comes back is complete when no mistake was reported. */
export function readVersion1(root: TomlTable, reader: Reader): Draft | undefined {
  checkIds(root, reader)
  const read = (isHttp(root, reader) ? httpManifest : otherManifest).read(root, [], reader)
  return read === undefined || reader.mistakes.any ? undefined : convert(read, reader)
}

/** Where no type can be read, http is likely, unless it stood in text that was left out. */
function isHttp(root: TomlTable, {whole}: Reader): boolean {
  const trigger = root.entries.get('trigger')?.value
  const stated = trigger?.kind === 'table' ? trigger.entries.get('type')?.value : undefined
  return stated?.kind === 'string' ? stated.value === 'http' : whole
}

function convert(read: Manifest, {places}: Reader): Draft {
  const {type: triggerType, settings} = read.trigger
  const components = emptyRecord<Draft['components'][string]>()
  const triggers: TriggerDraft[] = []
  for (const [
    index,
    {id: componentName, trigger, config, allowed_outbound_hosts: hosts, ...common},
  ] of read.component.entries()) {
    components[componentName] = draftOf(common, {
      variables: config,
      allowed_outbound_hosts: hosts ?? DATABASES_OF_OLD,
    })
    const named = {id: `trigger-${componentName}`, component: {id: componentName}}
    triggers.push(
      trigger.type === 'http'
        ? {type: 'http', draft: {...trigger.draft, ...named}}
        : {type: 'other', draft: {...trigger.draft, ...named}},
    )
    places.alias(['component', componentName], ['component', index])
    places.alias(['trigger', triggerType, index], ['component', index, 'trigger'])
  }
  return {
    manifestVersion: 1,
    name: read.name,
    version: read.version,
    description: read.description,
    authors: read.authors,
    targets: [],
    variables: read.variables,
    triggerSettings: single(triggerType, settings),
    triggers: single(triggerType, triggers),
    components,
    tools: none,
    mayfly: undefined,
  }
}

type Manifest = typeof httpManifest extends Check<infer T> ? T : never

function single<T>(name: string, value: T): Named<T> {
  const record = emptyRecord<T>()
  record[name] = value
  return record
}

/** Two components may have become one by the conversion of their ids. */
function checkIds(root: TomlTable, reader: Reader): void {
  const components = root.entries.get('component')?.value
  if (components?.kind !== 'array') return
  const seen = new Set<string>()
  for (const [index, item] of components.items.entries()) {
    const value = item.kind === 'table' ? item.entries.get('id')?.value : undefined
    if (value?.kind !== 'string') continue
    if (seen.has(toKebab(value.value))) duplicateId(value, ['component', index, 'id'], reader)
    seen.add(toKebab(value.value))
  }
}
