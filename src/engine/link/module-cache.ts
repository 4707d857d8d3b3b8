// engine/link/module-cache.ts: compiled lean modules, shared by whatever has the same code.
import {MayflyError} from '../../base/errors.ts'
import {type LeanModule, makeLean} from '../snapshot/lean.ts'

/** One per process. A module lives as long as something uses it. */
export class ModuleCache {
  readonly #compiled = new Map<string, WeakRef<WebAssembly.Module>>()
  readonly #collected = new FinalizationRegistry<string>(hash => {
    if (this.#compiled.get(hash)?.deref() === undefined) this.#compiled.delete(hash)
  })

  /**
   * Makes a core module lean and compiles it, unless the same code was compiled before.
   * @throws VALIDATE_INVALID when V8 refuses it
   */
  compile(bytes: Uint8Array): {lean: LeanModule; module: WebAssembly.Module} {
    const lean = makeLean(bytes)
    const known = this.#compiled.get(lean.hash)?.deref()
    if (known !== undefined) return {lean, module: known}
    let module: WebAssembly.Module
    try {
      module = new WebAssembly.Module(lean.bytes)
    } catch (cause) {
      const reason = (cause as Error).message.replace(/^WebAssembly\.Module\(\): /, '')
      throw new MayflyError('VALIDATE_INVALID', {reason: `a core module is invalid: ${reason}`}, {cause})
    }
    this.#compiled.set(lean.hash, new WeakRef(module))
    this.#collected.register(module, lean.hash)
    return {lean, module}
  }

  get size(): number {
    return this.#compiled.size
  }
}
