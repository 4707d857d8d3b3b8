// embed/loaded-component.ts: sandboxes of a component, called one by one.
import {MayflyError} from '../base/errors.ts'
import type {LinkedExport} from '../engine/link/linked-component.ts'
import {Pool} from '../engine/pool/pool.ts'
import type {PreparedComponent} from '../engine/pool/prepared-component.ts'
import type {Sandbox} from '../engine/pool/sandbox.ts'
import type {Component, LeasedSandbox, World} from './component.ts'
import {boundToSandbox, type CallExport, exportedObjects} from './exports.ts'
import {callIn, inTurn, Permits} from './lease.ts'
import type {CheckedLimits} from './limits.ts'

export class LoadedComponent<W extends World> implements Component<W> {
  readonly name: string
  readonly exports: W['exports']
  readonly #all: readonly LinkedExport[]
  readonly #pool: Pool
  readonly #permits: Permits
  readonly #leased = new Set<() => Promise<void>>()
  readonly #ended: () => void
  #closing: Promise<void> | undefined

  constructor(
    name: string,
    prepared: PreparedComponent,
    exports: readonly LinkedExport[],
    {concurrency}: CheckedLimits,
    ended: () => void,
  ) {
    this.name = name
    // Whoever has a permit finds a sandbox or has one made, so nobody waits in the pool.
    this.#pool = new Pool(prepared, {concurrency, queue: 0, ahead: 0})
    this.#permits = new Permits(concurrency)
    this.#all = exports
    this.#ended = ended
    this.exports = exportedObjects(this.#all, this.#callFresh)
  }

  readonly #callFresh: CallExport = async (index, args) => {
    const {name, type} = this.#all[index]!
    const kind = boundToSandbox(type)
    if (kind !== undefined) throw new MayflyError('EMBED_NEEDS_LEASE', {name, kind})
    return await this.#withSandbox(sandbox => callIn(sandbox, index, args))
  }

  async #withSandbox<T>(use: (sandbox: Sandbox) => Promise<T>): Promise<T> {
    const sandbox = await this.#take()
    const end = this.#returning(sandbox)
    try {
      return await use(sandbox)
    } finally {
      await end()
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
  #returning(sandbox: Sandbox): () => Promise<void> {
    const end = async (): Promise<void> => {
      if (!this.#leased.delete(end)) return
      this.#pool.release(sandbox)
      this.#permits.give()
    }
    this.#leased.add(end)
    return end
  }

  async lease(): Promise<LeasedSandbox<W>> {
    const sandbox = await this.#take()
    const end = this.#returning(sandbox)
    let last: Promise<unknown> = Promise.resolve()
    const call: CallExport = (index, args) => {
      if (!this.#leased.has(end)) return Promise.reject(closed('the lease', 'lease another sandbox'))
      const next = last.then(() => {
        if (!this.#leased.has(end)) throw closed('the lease', 'lease another sandbox')
        return callIn(sandbox, index, args)
      })
      last = next.catch(() => undefined)
      return next
    }
    return {
      exports: exportedObjects(this.#all, call),
      release: end,
      [Symbol.asyncDispose]: end,
    }
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
    for (const end of [...this.#leased]) await end()
    await drained
    this.#ended()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const closed = (what: string, remedy: string): MayflyError => new MayflyError('EMBED_CLOSED', {what, remedy})
