// embed/leased-sandbox.ts: a sandbox that a program keeps for several calls.
import {AsyncLocalStorage} from 'node:async_hooks'
import {MayflyError} from '../base/errors.ts'
import type {LinkedExport} from '../engine/link/linked-component.ts'
import type {Pool} from '../engine/pool/pool.ts'
import type {Sandbox} from '../engine/pool/sandbox.ts'
import type {CheckArguments} from './arguments.ts'
import type {LeasedSandbox} from './component.ts'
import {exportedObjects} from './exports.ts'
import {callIn, inTurn} from './lease.ts'

type Underway = {readonly lease: object; over: boolean}

/** The calls of leases that lead to where the program is now. */
const UNDERWAY = new AsyncLocalStorage<readonly Underway[]>()

export type LeaseParts = Readonly<{
  sandbox: Sandbox
  pool: Pool
  exports: readonly LinkedExport[]
  checks: readonly CheckArguments[]
  /** Called once. */
  ended: () => void
}>

export class Lease implements LeasedSandbox<any> {
  readonly exports: any
  readonly #parts: LeaseParts
  #sandbox: Sandbox | undefined
  #released = false
  /** Settles when what was asked for so far is over. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: LeaseParts) {
    this.#parts = parts
    this.#sandbox = parts.sandbox
    this.exports = exportedObjects(parts.exports, (index, args) => this.#call(index, args))
  }

  async #call(index: number, args: readonly unknown[]): Promise<unknown> {
    this.#open()
    const outer = UNDERWAY.getStore() ?? []
    if (outer.some(({lease, over}) => lease === this && !over))
      throw new MayflyError('EMBED_NESTED_CALL', {name: this.#parts.exports[index]!.name})
    const checked = this.#parts.checks[index]!(args)
    return await this.#inOrder(async () => {
      const underway = {lease: this, over: false}
      try {
        return await UNDERWAY.run([...outer, underway], () => callIn(this.#open(), index, checked))
      } finally {
        underway.over = true
      }
    })
  }

  #inOrder<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(run)
    this.#last = next.catch(() => undefined)
    return next
  }

  #open(): Sandbox {
    if (this.#sandbox !== undefined) return this.#sandbox
    throw leaseClosed()
  }

  restore(): Promise<void> {
    return this.#inOrder(async () => {
      const {pool} = this.#parts
      pool.release(this.#open())
      this.#sandbox = undefined
      try {
        this.#sandbox = await inTurn(stopped => {
          if (this.#released) throw leaseClosed()
          return pool.lease(stopped)
        })
      } catch (error) {
        this.#parts.ended()
        throw error
      }
    })
  }

  async release(): Promise<void> {
    this.#released = true
    const sandbox = this.#sandbox
    if (sandbox === undefined) return
    this.#sandbox = undefined
    this.#parts.pool.release(sandbox)
    this.#parts.ended()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}

const leaseClosed = (): MayflyError =>
  new MayflyError('EMBED_CLOSED', {what: 'the lease', remedy: 'lease another sandbox'})
