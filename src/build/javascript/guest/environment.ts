// build/javascript/guest/environment.ts: `env`, read when the handler first looks at it: most events never do.
import {getEnvironment} from 'wasi:cli/environment@0.2.10'

const variables: Record<string, string> = {}
let loaded = false

function load(): void {
  if (loaded) return
  loaded = true
  for (const [name, value] of getEnvironment()) variables[name] = value
}

/** The component's environment variables as an ordinary object. */
export const environment: Record<string, string> = new Proxy(variables, {
  get(target, name) {
    load()
    return Reflect.get(target, name)
  },
  has(target, name) {
    load()
    return Reflect.has(target, name)
  },
  ownKeys(target) {
    load()
    return Reflect.ownKeys(target)
  },
  getOwnPropertyDescriptor(target, name) {
    load()
    return Reflect.getOwnPropertyDescriptor(target, name)
  },
})
