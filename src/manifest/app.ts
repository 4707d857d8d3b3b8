// manifest/app.ts: what a manifest says, as frozen, JSON-printable data. Records have no prototype, so any name is safe to look up.
import type {HostPattern} from './allowed-host.ts'
import type {Template} from './template.ts'

export type Json = string | number | boolean | readonly Json[] | JsonTable
export type JsonTable = {readonly [name: string]: Json}
export type Named<T> = Readonly<Record<string, T>>

/** An application. For `{"name": "shop", "components": {"cart": {...}}, ...}` see test/golden/manifest. */
export type App = Readonly<{
  /** The manifest as it was named to us; shown in errors. */
  file: string
  manifestVersion: 1 | 2
  name: string
  version: string
  description: string
  authors: readonly string[]
  targets: readonly Target[]
  variables: Named<Variable>
  triggers: Readonly<{http: readonly HttpTrigger[]; other: Named<readonly OtherTrigger[]>}>
  /** `[application.trigger.<type>]`: what holds for all triggers of a type. */
  triggerSettings: Named<JsonTable>
  components: Named<Component>
  /** `[application.tool.<name>]`, but for our own. */
  tools: Named<JsonTable>
}>

export type Variable = Readonly<
  {description: string; secret: boolean} & ({required: true} | {required: false; default: string})
>

/** An environment that the components must fit. */
export type Target = Readonly<{name: string} | {url: string} | {path: string}>

export type HttpTrigger = Readonly<{
  id: string
  /** Starts with `/`; `private` is reached by other components only. */
  route: Readonly<{path: string} | {private: true}>
  handler: Readonly<{component: string} | {staticResponse: StaticResponse}>
  executor: Readonly<{type: 'http'} | {type: 'wagi'; argv: string}>
  dependencies: Named<readonly TriggerDependency[]>
}>

export type StaticResponse = Readonly<{status: number; headers: Named<string>; body?: string}>

/** A trigger of a type that the manifest room does not look into. */
export type OtherTrigger = Readonly<{
  id: string
  component?: string
  /** Further components by role. */
  components: Named<readonly string[]>
  dependencies: Named<readonly TriggerDependency[]>
  config: JsonTable
}>

export type Component = Readonly<{
  id: string
  description: string
  source: Source
  variables: Named<Template>
  environment: Named<string>
  files: readonly Mount[]
  excludeFiles: readonly string[]
  allowedOutboundHosts: readonly AllowedHost[]
  keyValueStores: readonly string[]
  sqliteDatabases: readonly string[]
  aiModels: readonly string[]
  /** Instead of the application's targets. */
  targets?: readonly Target[]
  build?: Build
  dependencies: Named<Dependency>
  /** `[component.<id>.tool.<name>]`, but for our own. */
  tools: Named<JsonTable>
  /** `[component.<id>.tool.mayfly]` over `[application.tool.mayfly]` over the defaults. */
  mayfly: MayflySettings
}>

export type Source = Readonly<
  {path: string} | {url: string; digest: string} | {registry?: string; package: string; version: string}
>

/** A glob or path of files at the same place in the guest, or a directory or file put elsewhere. */
export type Mount = Readonly<{pattern: string} | {source: string; destination: string}>

/** Either known now, or a template whose variables are known at start. */
export type AllowedHost = Readonly<{raw: string} & ({pattern: HostPattern} | {template: Template})>

/** `workdir` is relative to the manifest; `watch` holds globs relative to `workdir`. */
export type Build = Readonly<{commands: readonly string[]; workdir?: string; watch: readonly string[]}>

export const INHERITABLE = [
  'ai_models',
  'allowed_outbound_hosts',
  'environment',
  'files',
  'key_value_stores',
  'sqlite_databases',
  'variables',
] as const
export type Inheritable = (typeof INHERITABLE)[number]
export type Inherited = 'all' | readonly Inheritable[]

export type DependencySource = Readonly<
  | {version: string; registry?: string; package?: string}
  | {path: string}
  | {url: string; digest: string}
  | {component: string}
>
export type Dependency = Readonly<{from: DependencySource; export?: string; inherits: Inherited}>
export type TriggerDependency = Readonly<{from: DependencySource; inherits: Inherited}>

/** 'auto' decides by differential initialisation; 'after-init' accepts whatever the image holds; 'never' initialises anew for each event. */
export type SnapshotPolicy = 'auto' | 'after-init' | 'never'

/** All positive; `concurrency` 'auto' is chosen by the size of the machine. */
export type Limits = Readonly<{cpuMs: number; idleMs: number; memoryMb: number; concurrency: number | 'auto'}>

/** `entry`: a source file that we build into `source` ourselves, relative to the manifest. */
export type MayflySettings = Readonly<{
  limits: Limits
  snapshot: SnapshotPolicy
  entry?: string
  warmUp?: readonly string[]
}>
