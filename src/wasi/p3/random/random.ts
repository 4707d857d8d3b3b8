// wasi/p3/random/random.ts: the package wasi:random at 0.3, from one secure source.
import {hostFunction} from '../../../engine/link/imports.ts'
import {StateKey} from '../../../engine/store.ts'
import {type NamedInterface, p3Interface} from '../../interface.ts'
import {poolOf} from '../../random/pool.ts'
import type {RandomConfig} from '../../random/random.ts'

/** One call gives no more; a guest that wants more asks again. */
const MAX_LENGTH = 1024n * 1024n
const POOL_BYTES = 16 * 1024

/** `insecure` is as secure as the rest, which costs nothing. */
export function randomInterfaces({random, poolBytes = POOL_BYTES}: RandomConfig): readonly NamedInterface[] {
  const pool = poolOf(random, poolBytes)
  const bytes = hostFunction(
    (_, most: bigint) => pool.bytes(Number(most < MAX_LENGTH ? most : MAX_LENGTH)),
    'func(u64) -> list<u8>',
  )
  const u64 = hostFunction(() => pool.u64(), 'func() -> u64')
  /** All calls of an event are given the same seed. */
  const seeds = new StateKey(() => [pool.u64(), pool.u64()] as const)
  return [
    p3Interface('random/random', {'get-random-bytes': bytes, 'get-random-u64': u64}),
    p3Interface('random/insecure', {'get-insecure-random-bytes': bytes, 'get-insecure-random-u64': u64}),
    p3Interface('random/insecure-seed', {
      'get-insecure-seed': hostFunction(store => store.state(seeds), 'func() -> tuple<u64, u64>'),
    }),
  ]
}
