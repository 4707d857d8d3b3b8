// wasi/random/random.ts: the package wasi:random, from one secure source.
import type {Random} from '../../base/ports.ts'
import {hostFunction} from '../../engine/link/imports.ts'
import {trap} from '../errors.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {poolOf} from './pool.ts'

export type RandomConfig = Readonly<{
  random: Random
  /** Bytes drawn ahead of need; 0 draws exactly what is asked for, as whoever records the draws wants it. */
  poolBytes?: number
}>

/** One call's most; a guest that wants more is not asking for a key. */
const MAX_LENGTH = 64n * 1024n * 1024n

/** wasi:random; `insecure` is as secure as the rest, which costs nothing. */
export function randomInterfaces(config: RandomConfig): readonly NamedInterface[] {
  const pool = poolOf(config.random, config.poolBytes ?? 16 * 1024)

  const bytes = hostFunction((_, length: bigint) => {
    if (length > MAX_LENGTH) throw trap(`${length} random bytes at once, more than ${MAX_LENGTH}`)
    return pool.bytes(Number(length))
  })
  const u64 = hostFunction(() => pool.u64())

  return [
    wasiInterface('random/random', {'get-random-bytes': bytes, 'get-random-u64': u64}),
    wasiInterface('random/insecure', {'get-insecure-random-bytes': bytes, 'get-insecure-random-u64': u64}),
    wasiInterface('random/insecure-seed', {'insecure-seed': hostFunction(() => [pool.u64(), pool.u64()])}),
  ]
}
