// engine/init/entropy.ts: random bytes and clocks, the real ones but during an initialisation, when they are recorded.
import type {Clock, Random} from '../../base/ports.ts'

/** Something the outside world told an initialisation, as the bytes under which it may lie in memory. */
export type Draw = Readonly<{
  bytes: Uint8Array
  /** Bytes of the same kind, of now: what a newly initialised instance would hold instead. */
  renew: () => Uint8Array
}>

const SECOND = 1_000_000_000n

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}

const seconds = (ns: bigint): Uint8Array => u64(ns / SECOND)
const nanoseconds = (ns: bigint): Uint8Array => u64(ns % SECOND).subarray(0, 4)

/** One per thread; given to the capabilities as their Random and their Clock. */
export class Entropy implements Random, Clock {
  readonly #random: Random
  readonly #clock: Clock
  #draws: Draw[] | undefined

  constructor(random: Random, clock: Clock) {
    this.#random = random
    this.#clock = clock
  }

  /** Runs `body`, and returns what it was told meanwhile, in order. */
  record<T>(body: () => T): {result: T; draws: readonly Draw[]} {
    const draws: Draw[] = []
    this.#draws = draws
    try {
      return {result: body(), draws}
    } finally {
      this.#draws = undefined
    }
  }

  fill(bytes: Uint8Array): void {
    this.#random.fill(bytes)
    const {length} = bytes
    this.#draws?.push({
      bytes: bytes.slice(),
      renew: () => {
        const fresh = new Uint8Array(length)
        this.#random.fill(fresh)
        return fresh
      },
    })
  }

  wallNs(): bigint {
    const clock = this.#clock
    const ns = clock.wallNs()
    this.#draws?.push(
      {bytes: u64(ns), renew: () => u64(clock.wallNs())},
      {bytes: seconds(ns), renew: () => seconds(clock.wallNs())},
      {bytes: nanoseconds(ns), renew: () => nanoseconds(clock.wallNs())},
    )
    return ns
  }

  monotonicNs(): bigint {
    const clock = this.#clock
    const ns = clock.monotonicNs()
    this.#draws?.push({bytes: u64(ns), renew: () => u64(clock.monotonicNs())})
    return ns
  }
}
