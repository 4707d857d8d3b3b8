// build/target.ts: what is to be built, and what came of it. The caller takes it from the manifest.

export type BuildTarget = Readonly<{
  /** The component's id. */
  id: string
  /** The component's file: what is built is written there. Absolute. */
  source: string
  /** What Mayfly builds itself: a JavaScript or TypeScript handler, or WebAssembly text. Relative to the app's folder. */
  entry?: string
  /** Else: commands that write `source`, run by the shell one after the other. */
  build?: Readonly<{
    commands: readonly string[]
    /** Relative to the app's folder. */
    workdir?: string
    /** Globs of the files that the result is a function of, relative to `workdir`. */
    watch: readonly string[]
  }>
  /** `never`: the handler's module is loaded anew in every event. */
  snapshot?: 'auto' | 'after-init' | 'never'
  /** Paths that a handler in JavaScript or TypeScript is asked for once, when it is built. */
  warmUp?: readonly string[]
}>

export type BuildOptions = Readonly<{
  /** The app's folder, absolute. */
  root: string
  /** Where it is remembered what was built from what, absolute; `.mayfly/build` of the app's folder unless told. */
  records?: string
  /** Where what is the same for all apps is kept, absolute. */
  cacheDir: string
  /** Build even what is up to date. */
  always?: boolean
  /** Is given each line that a build command prints, without its end. */
  output?: (line: string, component: string) => void
  /** Ends a running build command. */
  signal?: AbortSignal
}>

export type BuiltComponent = Readonly<{
  /** Its id. */
  component: string
  /** Its file; absolute. */
  path: string
  /** Maps a bundle's places to its sources; absolute. Only of handlers that Mayfly builds itself. */
  sourceMapPath: string | undefined
  byteLength: number
  ms: number
  /** It was up to date, and nothing was done. */
  fresh: boolean
  /** Absolute paths of the files that it is a function of, as far as they are known. */
  inputs: readonly string[]
  warnings: readonly string[]
}>
