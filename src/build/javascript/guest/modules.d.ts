// build/javascript/guest/modules.d.ts: modules that exist only inside the bundle.
declare module 'mayfly:app' {
  const exported: unknown
  export default exported
}

declare module 'wasi:cli/environment@0.2.10' {
  export function getEnvironment(): [name: string, value: string][]
}
