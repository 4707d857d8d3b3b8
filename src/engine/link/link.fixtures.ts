// engine/link/link.fixtures.ts: components for the tests of linking and of sandboxes, from their text.
import {parse} from '@bytecodealliance/jco'
import {decodeComponent} from '../component/decode.ts'
import {validateComponent} from '../component/validate.ts'
import {Entropy} from '../init/entropy.ts'
import {PreparedComponent, type PrepareOptions} from '../pool/prepared-component.ts'
import type {Sandbox} from '../pool/sandbox.ts'
import {copyTier} from '../snapshot/copy.ts'
import {Guard} from './guard.ts'
import type {HostItem, Imports} from './imports.ts'
import {LinkedComponent} from './linked-component.ts'
import {ModuleCache} from './module-cache.ts'
import {ROOT_INTERFACE} from './resolve.ts'

export const guard = new Guard()
const modules = new ModuleCache()

/** Functions and resources that a world imports outside any interface. */
export const rootImports = (items: Readonly<Record<string, HostItem>> = {}): Imports =>
  new Map([[ROOT_INTERFACE, new Map(Object.entries(items))]])

export async function link(text: string, imports: Imports = new Map()): Promise<LinkedComponent> {
  const component = decodeComponent(await parse(text))
  validateComponent(component)
  return new LinkedComponent(component, {imports, who: 'the component', modules})
}

export const prepare = (linked: LinkedComponent, options: Partial<PrepareOptions> = {}): PreparedComponent =>
  new PreparedComponent(linked, {
    tier: copyTier,
    guard,
    component: 'test',
    limitPages: 1024,
    limits: {cpuMs: 10_000, idleMs: 10_000},
    snapshot: 'auto',
    entropy: new Entropy({fill: bytes => void bytes.fill(1)}, {wallNs: () => 0n, monotonicNs: () => 0n}),
    ...options,
  })

/** Calls a function of the world by its name. */
export const caller =
  (linked: LinkedComponent, sandbox: Sandbox) =>
  (name: string, ...args: unknown[]): any =>
    sandbox.call(linked.findExport(undefined, name)!, ...args)

export async function sandboxOf(text: string, imports?: Imports, options?: Partial<PrepareOptions>) {
  const linked = await link(text, imports)
  const sandbox = prepare(linked, options).make()
  return {linked, sandbox, call: caller(linked, sandbox)}
}
