// engine/link/module-cache.ts: compiled lean modules, shared by whatever has the same code.
import {MayflyError} from '../../base/errors.ts'
import {type LeanModule, makeLean} from '../snapshot/lean.ts'

type Compiled = Readonly<{bytes: Uint8Array; module: WeakRef<WebAssembly.Module>}>

/** One per process. A module lives as long as something uses it. */
export class ModuleCache {
  /** Those of one length are compared byte by byte, which takes no time where there is only one. */
  readonly #compiled = new Map<number, Set<Compiled>>()
  readonly #collected = new FinalizationRegistry<Compiled>(gone => {
    const alike = this.#compiled.get(gone.bytes.length)!
    alike.delete(gone)
    if (alike.size === 0) this.#compiled.delete(gone.bytes.length)
  })

  /** By the bytes of the module, or what stands for them. */
  readonly #lean = new WeakMap<Uint8Array, LeanModule>()

  /** `bytes` stand for a module that was made lean before, as long as they are used. */
  know(bytes: Uint8Array, lean: LeanModule): void {
    this.#lean.set(bytes, lean)
  }

  /** Made when first asked for. */
  lean(bytes: Uint8Array): LeanModule {
    let lean = this.#lean.get(bytes)
    if (lean === undefined) this.#lean.set(bytes, (lean = makeLean(bytes)))
    return lean
  }

  /**
   * Makes a core module lean and compiles it, unless the same code was compiled before.
   * @throws VALIDATE_INVALID when V8 refuses it
   */
  compile(bytes: Uint8Array): {lean: LeanModule; module: WebAssembly.Module} {
    const lean = this.lean(bytes)
    const known = this.#find(lean.bytes)
    if (known !== undefined) return {lean, module: known}
    let module: WebAssembly.Module
    try {
      module = new WebAssembly.Module(lean.bytes)
    } catch (cause) {
      const reason = (cause as Error).message.replace(/^WebAssembly\.Module\(\): /, '')
      throw new MayflyError('VALIDATE_INVALID', {reason: `a core module is invalid: ${reason}`}, {cause})
    }
    this.#add({bytes: lean.bytes, module: new WeakRef(module)}, module)
    return {lean, module}
  }

  #find(bytes: Uint8Array): WebAssembly.Module | undefined {
    for (const one of this.#compiled.get(bytes.length) ?? [])
      if (Buffer.compare(one.bytes, bytes) === 0) {
        const module = one.module.deref()
        if (module !== undefined) return module
      }
    return undefined
  }

  #add(compiled: Compiled, module: WebAssembly.Module): void {
    const alike = this.#compiled.get(compiled.bytes.length) ?? new Set()
    this.#compiled.set(compiled.bytes.length, alike.add(compiled))
    this.#collected.register(module, compiled)
  }

  get size(): number {
    let size = 0
    for (const alike of this.#compiled.values()) size += alike.size
    return size
  }
}
