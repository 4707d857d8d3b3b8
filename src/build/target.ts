// build/target.ts: what is to be built, and what came of it. Taken from the manifest by the caller.

export type BuildTarget = Readonly<{
  /** The component's id. */
  id: string
  /** The component's file: what is built is written there. Absolute. */
  source: string
  /** A JavaScript or TypeScript handler that is built by Mayfly itself; relative to the app's folder. */
  entry?: string
  /** Commands that write `source`, run one after the other by the shell. */
  command?: Readonly<{
    lines: readonly string[]
    /** Absolute. */
    workdir: string
    /** Globs of the files that the result is a function of, relative to `workdir`. */
    watch: readonly string[]
  }>
  /** `never`: the handler's module is loaded anew in every event. */
  snapshot?: 'auto' | 'after-init' | 'never'
}>

export type BuildOptions = Readonly<{
  /** The app's folder, absolute. What is remembered between builds lies in its `.mayfly`. */
  root: string
  /** Where what is the same for all apps is kept, absolute. */
  cacheDir: string
  mode?: 'production' | 'development'
  /** Build even what is up to date. */
  force?: boolean
  /** Is given each line that a build command prints, without its end. */
  output?: (line: string, component: string) => void
  /** Ends a running build command. */
  signal?: AbortSignal
}>

export type BuildResult = Readonly<{
  id: string
  /** The component's file. */
  path: string
  /** It was up to date, and nothing was done. */
  fresh: boolean
  byteLength: number
  ms: number
  /** JSON; only of handlers that Mayfly builds itself. */
  sourceMap: string | undefined
  warnings: readonly string[]
  /** Absolute paths of the files that the component is a function of, as far as they are known. */
  inputs: readonly string[]
}>
