// manifest/component.ts: [component.<id>], as it is written.
import type {Component} from './app.ts'
import {build, profileBuild} from './build.ts'
import {type Check, conflict, emptyRecord, flag, list, named, type Reader, text, textWhere} from './check.ts'
import {compact} from './compact.ts'
import {dependencies, finishDependencies} from './dependency.ts'
import {files, patterns} from './files.ts'
import {allowedHttpHosts, allowedOutboundHosts} from './hosts.ts'
import {label, variableName} from './names.ts'
import {source} from './source.ts'
import {optional, type Read, required, ruled, table} from './table.ts'
import {targets} from './target.ts'
import {template} from './template.ts'
import type {TomlTable} from './toml.ts'
import {componentTools, settingsOf} from './tool.ts'
import type {Path} from './wording.ts'

const environmentName = textWhere('a name of a variable, without "=" and NUL', name =>
  name === '' || /[=\u0000]/.test(name) ? true : undefined,
)
const environmentValue = textWhere('a string without NUL', value =>
  value.includes('\u0000') ? true : undefined,
)
export const environment = named(environmentValue, environmentName)
const none = emptyRecord<never>()

/** What both versions of the manifest say about a component in the same words. */
export const commonFields = {
  source: required(source, 'source = "app.wasm"'),
  description: optional(text, ''),
  environment: optional(environment, none),
  files: optional(files, []),
  exclude_files: optional(patterns, []),
  allowed_http_hosts: optional(allowedHttpHosts, []),
  key_value_stores: optional(list(label), []),
  sqlite_databases: optional(list(label), []),
  ai_models: optional(list(text), []),
  build: optional(build),
}

const profile = table({
  source: optional(source),
  environment: optional(environment, none),
  dependencies: optional(dependencies, none),
  build: optional(profileBuild),
})

export const componentVariables = named(template, variableName)
const fields = {
  ...commonFields,
  variables: optional(componentVariables, none),
  allowed_outbound_hosts: optional(allowedOutboundHosts, []),
  targets: optional(targets),
  tool: optional(componentTools),
  dependencies_inherit_configuration: optional(flag),
  dependencies: optional(dependencies, none),
  profile: optional(named(profile), none),
}

const elsewhere = {
  config: 'since version 2 it is called "variables"',
  id: 'since version 2 the id stands in the header: [component.<id>]',
  trigger: 'since version 2 triggers have tables of their own: [[trigger.http]]',
}

export type ComponentDraft = Read<typeof fields>

export const component: Check<ComponentDraft> = ruled(table(fields, {elsewhere}), (written, path, reader) => {
  inheritOnce(written, path, reader)
  entryHasOutput(written, path, reader)
})

function inheritOnce({entries}: TomlTable, path: Path, reader: Reader): void {
  const all = entries.get('dependencies_inherit_configuration')
  const each = entries.get('dependencies')?.value
  if (all === undefined || each?.kind !== 'table') return
  const says = [...each.entries.values()].some(
    ({value}) => value.kind === 'table' && value.entries.has('inherit_configuration'),
  )
  if (says)
    conflict(all.keyAt, path, reader, {
      reason: 'a dependency of this component says by itself what it inherits',
      remedy: 'write either dependencies_inherit_configuration or inherit_configuration, not both',
    })
}

function entryHasOutput({entries}: TomlTable, path: Path, reader: Reader): void {
  const tool = entries.get('tool')?.value
  const ours = tool?.kind === 'table' ? tool.entries.get('mayfly')?.value : undefined
  const entry = ours?.kind === 'table' ? ours.entries.get('entry') : undefined
  const profiles = entries.get('profile')?.value
  const tables = profiles?.kind === 'table' ? [...profiles.entries.values()].map(({value}) => value) : []
  const sources = [entries, ...tables.flatMap(value => (value.kind === 'table' ? [value.entries] : []))]
  if (entry !== undefined && sources.some(from => from.get('source')?.value.kind === 'table'))
    conflict(entry.keyAt, path, reader, {
      reason: 'what is built from entry has no path to be written to',
      remedy: 'write source = "dist/app.wasm"',
    })
}

/** The draft under a profile: environment and dependencies add to it, source and commands replace. */
export function withProfile(draft: ComponentDraft, name: string | undefined): ComponentDraft {
  const chosen = name === undefined ? undefined : draft.profile[name]
  if (chosen === undefined) return draft
  const commands = chosen.build?.command
  return {
    ...draft,
    source: chosen.source ?? draft.source,
    environment: Object.assign(emptyRecord<string>(), draft.environment, chosen.environment),
    dependencies: Object.assign(emptyRecord(), draft.dependencies, chosen.dependencies),
    build: commands === undefined ? draft.build : {...(draft.build ?? {watch: []}), commands},
  }
}

export function finishComponent(
  id: string,
  draft: ComponentDraft,
  application: Parameters<typeof settingsOf>[1],
): Component {
  return compact({
    id,
    description: draft.description,
    source: draft.source,
    variables: draft.variables,
    environment: draft.environment,
    files: draft.files,
    excludeFiles: draft.exclude_files,
    allowedOutboundHosts: [...draft.allowed_outbound_hosts, ...draft.allowed_http_hosts],
    keyValueStores: draft.key_value_stores,
    sqliteDatabases: draft.sqlite_databases,
    aiModels: draft.ai_models,
    targets: draft.targets,
    build: draft.build,
    dependencies: finishDependencies(draft.dependencies, draft.dependencies_inherit_configuration ?? false),
    tools: draft.tool?.rest ?? emptyRecord(),
    mayfly: settingsOf(draft.tool?.mayfly, application),
  })
}

/** A draft of what version 1 can say. */
export const draftOf = (
  common: Read<typeof commonFields>,
  more: Pick<ComponentDraft, 'variables' | 'allowed_outbound_hosts'>,
): ComponentDraft => ({
  ...common,
  ...more,
  targets: undefined,
  tool: undefined,
  dependencies_inherit_configuration: undefined,
  dependencies: none,
  profile: none,
})
