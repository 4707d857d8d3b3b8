// engine/link/core-exports.ts: what core modules export, as far as the canonical ABI asks; looked through once for each.
import type {CoreModule} from '../core/module.ts'

export class CoreExports {
  readonly #plain = new Map<CoreModule, ReadonlySet<string>>()
  readonly #addresses = new Map<CoreModule, ReadonlyMap<string, 'i32' | 'i64'>>()

  /** Whether the type of a function is only its signature. */
  isPlain(module: CoreModule, name: string): boolean {
    let plain = this.#plain.get(module)
    if (plain === undefined) this.#plain.set(module, (plain = plainFunctions(module)))
    return plain.has(name)
  }

  /** The address type of a memory. */
  address(module: CoreModule, name: string): 'i32' | 'i64' {
    let addresses = this.#addresses.get(module)
    if (addresses === undefined) this.#addresses.set(module, (addresses = memoryAddresses(module)))
    return addresses.get(name)!
  }
}

const plainFunctions = ({types, exports}: CoreModule): ReadonlySet<string> =>
  new Set(
    exports.flatMap(({name, type}) => {
      const own = type.kind === 'func' ? types[type.typeIndex] : undefined
      return own?.kind === 'func' && own.isPlain ? [name] : []
    }),
  )

const memoryAddresses = ({exports}: CoreModule): ReadonlyMap<string, 'i32' | 'i64'> =>
  new Map(exports.flatMap(({name, type}) => (type.kind === 'memory' ? [[name, type.limits.address]] : [])))
