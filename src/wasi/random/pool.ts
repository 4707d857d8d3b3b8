// wasi/random/pool.ts: random bytes drawn ahead of need, since drawing them one call at a time is dear.
import type {Random} from '../../base/ports.ts'

export type RandomPool = Readonly<{
  bytes(length: number): Uint8Array
  u64(): bigint
}>

/** Every byte of the pool is given once and erased as it is given. `size` 0: no pool. */
export function poolOf(random: Random, size: number): RandomPool {
  const pool = new Uint8Array(size)
  const view = new DataView(pool.buffer)
  let next = size

  /** The pool's offset of `length` fresh bytes, or -1 where they are too many for it. */
  function take(length: number): number {
    if (length > size >> 2) return -1
    if (next + length > size) {
      random.fill(pool)
      next = 0
    }
    const at = next
    next += length
    return at
  }

  function bytes(length: number): Uint8Array {
    const at = take(length)
    if (at < 0) {
      const drawn = new Uint8Array(length)
      random.fill(drawn)
      return drawn
    }
    const given = pool.slice(at, at + length)
    pool.fill(0, at, at + length)
    return given
  }

  function u64(): bigint {
    const at = take(8)
    if (at < 0) return new DataView(bytes(8).buffer).getBigUint64(0, true)
    const given = view.getBigUint64(at, true)
    view.setBigUint64(at, 0n)
    return given
  }

  return {bytes, u64}
}
