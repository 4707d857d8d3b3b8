// embed/loaded-component.ts: sandboxes of a component, called one by one.
import {MayflyError} from '../base/errors.ts'
import type {LinkedExport} from '../engine/link/linked-component.ts'
import {Pool} from '../engine/pool/pool.ts'
import type {PreparedComponent} from '../engine/pool/prepared-component.ts'
import type {Sandbox} from '../engine/pool/sandbox.ts'
import type {CheckArguments} from './arguments.ts'
import type {Component, LeasedSandbox, World} from './component.ts'
import {boundToSandbox, type CallExport, exportedObjects} from './exports.ts'
import {callIn, inTurn, Permits} from './lease.ts'
import {Lease} from './leased-sandbox.ts'

export type LoadedParts = Readonly<{
  prepared: PreparedComponent
  exports: readonly LinkedExport[]
  /** In the order of the exports. */
  checks: readonly CheckArguments[]
  concurrency: number
  ended: () => void
}>

export class LoadedComponent<W extends World> implements Component<W> {
  readonly name: string
  readonly exports: W['exports']
  readonly #all: readonly LinkedExport[]
  readonly #checks: readonly CheckArguments[]
  readonly #pool: Pool
  readonly #permits: Permits
  readonly #leased = new Set<() => void>()
  readonly #ended: () => void
  #closing: Promise<void> | undefined

  constructor(name: string, {prepared, exports, checks, concurrency, ended}: LoadedParts) {
    this.name = name
    // Whoever has a permit finds a sandbox or has one made, so nobody waits in the pool.
    this.#pool = new Pool(prepared, {concurrency, queue: 0, ahead: 0})
    this.#permits = new Permits(concurrency)
    this.#all = exports
    this.#checks = checks
    this.#ended = ended
    this.exports = exportedObjects(this.#all, this.#callFresh)
  }

  readonly #callFresh: CallExport = async (index, args) => {
    this.#checkOpen()
    const {name, type} = this.#all[index]!
    const kind = boundToSandbox(type)
    if (kind !== undefined) throw new MayflyError('EMBED_NEEDS_LEASE', {name, kind})
    const checked = this.#checks[index]!(args)
    const sandbox = await this.#take()
    const end = this.#returning(() => void this.#pool.release(sandbox))
    try {
      return await callIn(sandbox, index, checked)
    } finally {
      end()
    }
  }

  async #take(): Promise<Sandbox> {
    this.#checkOpen()
    await this.#permits.take()
    try {
      this.#checkOpen()
      return await inTurn(stopped => this.#pool.lease(stopped))
    } catch (error) {
      this.#permits.give()
      throw error
    }
  }

  /** How a sandbox comes back, once: also when the component is closed before. */
  #returning(release: () => void): () => void {
    const end = (): void => {
      if (!this.#leased.delete(end)) return
      release()
      this.#permits.give()
    }
    this.#leased.add(end)
    return end
  }

  async lease(): Promise<LeasedSandbox<W>> {
    const sandbox = await this.#take()
    const end = this.#returning(() => void lease.release())
    const parts = {sandbox, pool: this.#pool, exports: this.#all, checks: this.#checks, ended: end}
    const lease = new Lease(parts)
    return lease
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closed(`component "${this.name}"`, 'load it again')
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#permits.refuse(closed(`component "${this.name}"`, 'load it again'))
    const drained = this.#pool.close()
    for (const end of [...this.#leased]) end()
    await drained
    this.#ended()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const closed = (what: string, remedy: string): MayflyError => new MayflyError('EMBED_CLOSED', {what, remedy})
