// wasi/fixture.ts: for tests: calls host functions as the engine would, in a world that does only what it is told.
import type {Clock, Random} from '../base/ports.ts'
import {Store} from '../engine/store.ts'
import type {NamedInterface} from './interface.ts'

/** Counts up with every byte, so that no two draws are the same. */
export function fakeRandom(): Random & {draws: number} {
  let next = 0
  return {
    draws: 0,
    fill(bytes) {
      this.draws++
      for (let i = 0; i < bytes.length; i++) bytes[i] = next++ & 0xff
    },
  }
}

/** Goes one microsecond further with every look. */
export function fakeClock(startNs = 1_700_000_000_000_000_000n): Clock & {advance(ns: bigint): void} {
  let now = 0n
  return {
    wallNs: () => startNs + (now += 1000n),
    monotonicNs: () => (now += 1000n),
    advance: ns => {
      now += ns
    },
  }
}

/** One event's calls: `call('io/poll', 'poll', [])`. */
export type Caller = Readonly<{
  store: Store
  call(name: string, item: string, ...args: unknown[]): any
  drop(name: string, resource: string, value: unknown): void
}>

export function caller(interfaces: readonly NamedInterface[], store: Store = new Store()): Caller {
  const tables = new Map(interfaces)
  const find = (name: string, item: string) => {
    const found = tables.get(`wasi:${name}@0.2.12`)?.get(item)
    if (found === undefined) throw new Error(`no ${item} in ${name}`)
    return found
  }
  return {
    store,
    call(name, item, ...args) {
      const found = find(name, item)
      if (found.kind !== 'function') throw new Error(`${item} is no function`)
      const result = found.call(store, ...args)
      if (result instanceof Promise && !found.mayBlock) throw new Error(`${item} blocked, which it may not`)
      return result
    },
    drop(name, resource, value) {
      const found = find(name, resource)
      if (found.kind === 'resource') found.drop?.(store, value)
    },
  }
}

/** The value of an 'ok'; anything else fails the test. */
export function unwrap<T = any>(result: any): T {
  if (result?.tag !== 'ok') throw new Error(`not ok: ${JSON.stringify(result)}`)
  return result.val
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
export const utf8 = (string: string): Uint8Array => new TextEncoder().encode(string)
