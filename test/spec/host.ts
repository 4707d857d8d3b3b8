// test/spec/host.ts: what the scripts of engines' own suites import of their test program: numbers, and resources that
// count their drops.
import assert from 'node:assert/strict'
import {
  blockingFunction,
  type HostItem,
  hostFunction,
  hostResource,
  type Imports,
} from '../../src/engine/link/imports.ts'

class Resource {
  readonly rep: number

  constructor(rep: number) {
    this.rep = rep
  }
}

export function suiteHost(): Imports {
  let drops = 0
  let last = 0
  const later = <T>(value: T): Promise<T> => new Promise(resolve => setImmediate(resolve, value))
  const never = (): Promise<never> => new Promise(() => {})
  const resource1 = hostResource<Resource>((_, {rep}) => {
    drops++
    last = rep
  })
  const root: Record<string, HostItem> = {
    'host-echo-u32': blockingFunction(async (_, value: number) => value),
    'host-return-two': hostFunction(() => 2),
  }
  const host: Record<string, HostItem> = {
    resource1,
    resource2: hostResource(),
    'resource1-again': resource1,
    '[constructor]resource1': hostFunction((_, rep: number) => new Resource(rep)),
    '[static]resource1.assert': hostFunction((_, resource: Resource, rep: number) =>
      assert.equal(resource.rep, rep),
    ),
    '[static]resource1.last-drop': hostFunction(() => last),
    '[static]resource1.drops': hostFunction(() => drops),
    '[method]resource1.simple': hostFunction((_, resource: Resource, rep: number) =>
      assert.equal(resource.rep, rep),
    ),
    '[method]resource1.take-borrow': hostFunction(() => {}),
    '[method]resource1.take-own': hostFunction(() => {}),
    '[method]resource1.never-return': blockingFunction(never),
    'return-three': hostFunction(() => 3),
    'return-hi': hostFunction(() => 'hi'),
    'never-return': blockingFunction(never),
    'return-two-slowly': blockingFunction(() => later(2)),
    'echo-slowly': blockingFunction((_, value: number) => later(value)),
  }
  const items = (each: Record<string, HostItem>) => new Map(Object.entries(each))
  return new Map([
    ['$root', items(root)],
    ['host', items(host)],
    ['host/nested', items({'return-four': hostFunction(() => 4)})],
  ])
}
