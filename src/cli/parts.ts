// cli/parts.ts: what the commands need of the rest of Mayfly. compose.ts provides it; tests provide fakes.
import type {MayflyError} from '../base/errors.ts'
import type {AppSource} from './app-source.ts'

/** What `up` was asked for, as far as the app's own parts are concerned. Structured-cloneable. */
export type ServeSettings = Readonly<{
  /** --env: added to every component's environment. */
  env: Readonly<Record<string, string>>
  /** --variable */
  variables: Readonly<Record<string, string>>
  /** --component-id: serve only these; empty for all. */
  components: readonly string[]
  profile: string | undefined
  directMounts: boolean
  /** Clients never see what went wrong in a guest. */
  production: boolean
  /** --sandboxes: how many a worker may have at most for each component. */
  sandboxes: number | undefined
  /** --max-instance-memory, bytes. */
  maxMemoryBytes: number | undefined
  /** Absolute; undefined where the app has none. */
  stateDir: string | undefined
  logs: LogSettings
}>

export type LogSettings = Readonly<{
  format: 'plain' | 'json'
  /** No line for a request, nothing of guests on the terminal. */
  quiet: boolean
  /** Absolute. */
  dir: string | undefined
  /** The components whose output is shown; empty for all. */
  follow: readonly string[]
}>

export type PrepareOptions = Readonly<{
  source: AppSource
  /** --build: run the manifest's build commands even where the result is newer than its sources. */
  build: boolean
  settings: ServeSettings
  /** Have the types of handlers looked at, too. */
  checkTypes?: boolean
}>

/** An app that is built and checked, and can be served. */
export type Prepared<Description> = Readonly<{
  name: string
  /** What workers are told; structured-cloneable. */
  description: Description
  components: readonly string[]
  routes: readonly RouteRow[]
  /** Absolute paths of files and directories: the app is stale when one changes. */
  inputs: readonly string[]
  /** Things worth knowing that are no mistakes, a sentence each. */
  warnings: readonly string[]
  /** Mistakes in types, where those were looked at: the app runs all the same. Never rejects. */
  typeErrors: Promise<readonly MayflyError[]>
}>

export type RouteRow = Readonly<{
  /** As in the manifest: '/api/...' */
  route: string
  /** The component's id; undefined for a static response. */
  component: string | undefined
  description: string
}>

export type BuildOptions = Readonly<{
  source: AppSource
  /** -o: where the only component goes; absolute. */
  output: string | undefined
  components: readonly string[]
  profile: string | undefined
}>

/** One component that `build` made. */
export type Built = Readonly<{
  component: string
  path: string
  byteLength: number
  ms: number
  fresh: boolean
  warnings: readonly string[]
}>
