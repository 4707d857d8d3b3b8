// embed/lease.ts: calls into sandboxes, each in a turn of its own.
import type {MayflyError} from '../base/errors.ts'
import {asTrap, type Sandbox} from '../engine/pool/sandbox.ts'
import {turns} from '../engine/turns.ts'
import {CALLER, callerContext} from './host-objects.ts'
import {embedded} from './limits.ts'

/** Has a guest's code run: `run` tells its result or throws; one that is stopped does neither, and `stopped` is called. */
export function inTurn<T>(run: (stopped: (error: MayflyError) => void) => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(embedded(asTrap(error)))
    turns.add(() => {
      try {
        const result = run(fail)
        if (result instanceof Promise) result.then(resolve, fail)
        else resolve(result)
      } catch (error) {
        fail(error)
      }
    })
  })
}

/** Calls an export of a sandbox that is the caller's until the promise settles. */
export function callIn(sandbox: Sandbox, index: number, args: readonly unknown[]): Promise<unknown> {
  const context = callerContext()
  return inTurn(stopped => {
    sandbox.stopListener = {stopped}
    sandbox.store.provide(CALLER, context)
    return sandbox.call(index, ...args)
  })
}

/** Hands out the right to use a sandbox, at most `count` at a time, in the order in which they were asked for. */
export class Permits {
  #free: number
  readonly #waiting: {give: () => void; refuse: (error: MayflyError) => void}[] = []

  constructor(count: number) {
    this.#free = count
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((give, refuse) => this.#waiting.push({give, refuse}))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next.give()
  }

  /** Refuses all that wait. */
  refuse(error: MayflyError): void {
    for (const {refuse} of this.#waiting.splice(0)) refuse(error)
  }
}
