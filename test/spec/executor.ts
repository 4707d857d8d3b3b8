// test/spec/executor.ts: the engine as what runs the components of .wast scripts.
import {MayflyError} from '../../src/base/errors.ts'
import {decodeComponent} from '../../src/engine/component/decode.ts'
import {validateComponent} from '../../src/engine/component/validate.ts'
import {Entropy} from '../../src/engine/init/entropy.ts'
import {Guard} from '../../src/engine/link/guard.ts'
import {type HostItem, hostFunction, type Imports} from '../../src/engine/link/imports.ts'
import {LinkedComponent} from '../../src/engine/link/linked-component.ts'
import {ModuleCache} from '../../src/engine/link/module-cache.ts'
import {PreparedComponent} from '../../src/engine/pool/prepared-component.ts'
import type {Sandbox} from '../../src/engine/pool/sandbox.ts'
import {copyTier} from '../../src/engine/snapshot/copy.ts'
import type {Executor, Outcome} from './conformance.ts'
import {suiteHost} from './host.ts'

export type EngineInstance = Readonly<{linked: LinkedComponent; sandbox: Sandbox}>

/** Whether instances are initialised for themselves, or made equal to the image of another one. */
export type Start = 'anew' | 'image'

/** `end` stops what instances still do. */
export function engineExecutor(start: Start): Executor<EngineInstance> & {end(): void} {
  const made: Sandbox[] = []
  const modules = new ModuleCache()
  const guard = new Guard()
  const host = suiteHost()
  return {
    async instantiate(bytes, registered) {
      const component = decodeComponent(bytes)
      validateComponent(component)
      const linked = new LinkedComponent(component, {
        imports: new Map([...host, ...offered(registered)]),
        who: 'the script',
        modules,
      })
      const prepared = new PreparedComponent(linked, {
        tier: copyTier,
        guard,
        component: 'script',
        limitPages: 4096,
        limits: {cpuMs: 10_000, idleMs: 10_000},
        snapshot: start === 'anew' ? 'never' : 'after-init',
        entropy: new Entropy({fill: bytes => void bytes.fill(0)}, {wallNs: () => 0n, monotonicNs: () => 0n}),
      })
      const sandbox = prepared.make()
      made.push(sandbox)
      return {linked, sandbox}
    },
    end() {
      for (const sandbox of made) sandbox.abort(new MayflyError('TRAP_HOST', {reason: 'the script is over'}))
    },
    async invoke({linked, sandbox}, name, args): Promise<Outcome> {
      const index = linked.findExport(undefined, name)
      if (index === undefined) throw new Error(`nothing exports the function ${name}`)
      try {
        const value = await sandbox.call(index, ...args)
        return {kind: 'return', values: linked.exports[index]!.type.result === undefined ? [] : [value]}
      } catch (error) {
        if (error instanceof MayflyError) return {kind: 'trap', message: error.message}
        throw error
      }
    },
  }
}

/** The functions of registered instances, each instance an interface. */
function offered(registered: ReadonlyMap<string, EngineInstance>): Imports {
  return new Map(
    [...registered].map(([name, {linked, sandbox}]) => [
      name,
      new Map<string, HostItem>(
        linked.exports.flatMap((each, index) =>
          each.interface === undefined
            ? [[each.name, hostFunction((_, ...args) => sandbox.call(index, ...args))]]
            : [],
        ),
      ),
    ]),
  )
}
