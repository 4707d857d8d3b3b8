// build/javascript/guest/modules.d.ts: modules that exist only inside the bundle.
declare module 'mayfly:app' {
  const exported: unknown
  export default exported
}

/** Paths that are to be asked for when the component is built. */
declare module 'mayfly:warm-up-paths' {
  const paths: readonly string[]
  export default paths
}

declare module 'wasi:cli/environment@0.2.10' {
  export function getEnvironment(): [name: string, value: string][]
}
