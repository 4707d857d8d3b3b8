// embed/engine.ts: components run by a program of one's own.
import {MayflyError} from '../base/errors.ts'
import {decodeComponent} from '../engine/component/decode.ts'
import {validateComponent} from '../engine/component/validate.ts'
import {LinkedComponent} from '../engine/link/linked-component.ts'
import {versionKey} from '../engine/link/version.ts'
import {takeOwnTurns} from '../engine/own-turns.ts'
import {PreparedComponent} from '../engine/pool/prepared-component.ts'
import {argumentChecks} from './arguments.ts'
import type {Component, World} from './component.ts'
import {type HostImports, hostImports} from './host-objects.ts'
import {inTurn} from './lease.ts'
import {checkedLimits, embedded, knownOptions, type Limits} from './limits.ts'
import {LoadedComponent} from './loaded-component.ts'
import {checkNode} from './node-version.ts'
import {readComponent} from './read-component.ts'
import {remedyFor} from './remedy.ts'
import {entropy, guard, modules, tier, watch} from './surroundings.ts'
import {ValueChecks} from './values.ts'
import {type Granted, grantedWasi, type WasiOptions} from './wasi-options.ts'

/** The binary itself, or the file that holds it. */
export type ComponentSource = string | URL | Uint8Array

export type LoadOptions<W extends World = World> = Readonly<{
  /** By it messages name the component; the file's name by default. */
  name?: string
  /** WASI 0.2, with what is granted of it. Without it the component must not import any. */
  wasi?: WasiOptions
  limits?: Limits
}> &
  GivenImports<W['imports']>

/** Required where the world is known and imports something. */
type GivenImports<I> = string extends keyof I
  ? Readonly<{imports?: HostImports}>
  : [keyof I] extends [never]
    ? Readonly<{imports?: Record<never, never>}>
    : Readonly<{imports: I}>

/**
 * Loads components and runs them in sandboxes. One for a program is enough.
 *
 *     await using engine = new Engine()
 *     const greeter = await engine.load<World>('greeter.wasm', {imports: {log: console.log}})
 *     console.log(await greeter.exports.greet('Ada'))
 */
export class Engine implements AsyncDisposable {
  readonly #components = new Set<LoadedComponent<any>>()
  #unwatch: (() => Promise<void>) | undefined
  #closed = false

  /** @throws EMBED_NODE */
  constructor() {
    checkNode(process.versions.node)
  }

  /**
   * Compiles a component, links it with what it is given, and initialises it: its start functions run now, and may call
   * host functions, two or three times.
   * @throws DECODE_, VALIDATE_, LINK_, EMBED_, TRAP_ and LIMIT_ errors
   */
  async load<W extends World = World>(
    source: ComponentSource,
    ...[options]: Record<never, never> extends LoadOptions<W>
      ? [options?: LoadOptions<W>]
      : [options: LoadOptions<W>]
  ): Promise<Component<W>> {
    this.#checkOpen()
    const given = (options ?? {}) as LoadOptions
    knownOptions('', given, OPTIONS)
    const {imports = {}, wasi, limits: wanted} = given
    const limits = checkedLimits(wanted)
    if (wasi !== undefined) knownOptions('wasi.', wasi, WASI_OPTIONS)
    const {bytes, name: fileName} = await readComponent(source)
    const {name = fileName} = given
    const decoded = decodeComponent(bytes, {file: name})
    const type = validateComponent(decoded)
    const checks = new ValueChecks(type.imported)
    const own = hostImports(type, imports, checks)
    this.#checkOpen()
    takeOwnTurns()
    if (limits.cpuMs < NO_LIMIT) this.#unwatch ??= watch()
    const granted: Granted = wasi === undefined ? {imports: new Map(), close: () => {}} : granting(wasi)
    try {
      const taken = new Set([...own.keys()].map(versionKey))
      const linked = new LinkedComponent(decoded, {
        who: `component "${name}"`,
        modules,
        imports: new Map([...[...granted.imports].filter(([each]) => !taken.has(versionKey(each))), ...own]),
        remedy: missing => remedyFor(missing, imports, wasi !== undefined),
      })
      const prepared = await inTurn(
        onStopped =>
          new PreparedComponent(linked, {
            tier: tier(),
            guard,
            entropy,
            component: name,
            limitPages: limits.limitPages,
            limits,
            snapshot: 'auto',
            imageMs: limits.cpuMs,
            onStopped,
          }),
      )
      const component = new LoadedComponent<W>(name, {
        prepared,
        exports: linked.exports,
        checks: argumentChecks(type, linked.exports, checks),
        concurrency: limits.concurrency,
        ended: () => {
          granted.close()
          this.#components.delete(component)
        },
      })
      this.#components.add(component)
      if (this.#closed) await component.close()
      this.#checkOpen()
      return component
    } catch (error) {
      granted.close()
      throw error
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new MayflyError('EMBED_CLOSED', {what: 'the engine', remedy: 'make another'})
  }

  /** Closes all its components. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#components].map(component => component.close()))
    await this.#unwatch?.()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const OPTIONS = ['name', 'imports', 'wasi', 'limits'] as const satisfies (keyof LoadOptions)[]
const WASI_OPTIONS = [
  'args',
  'env',
  'stdout',
  'stderr',
  'files',
  'http',
] as const satisfies (keyof WasiOptions)[]

/** Beyond it the watchdog has nothing to do. */
const NO_LIMIT = 0x7fff_ffff

/** @throws FILES_MOUNT */
function granting(wasi: WasiOptions): Granted {
  try {
    return grantedWasi(wasi)
  } catch (error) {
    throw error instanceof MayflyError ? embedded(error) : error
  }
}
