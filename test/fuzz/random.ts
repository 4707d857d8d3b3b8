// test/fuzz/random.ts: numbers that depend on a seed only.

export type Random = Readonly<{
  /** From 0 to below `limit`. */
  below(limit: number): number
  pick<T>(items: readonly T[]): T
}>

/** The numbers of one input of one campaign. */
export function randomOf(seed: number, input: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(input + 1, 0x85ebca6b)) >>> 0
  const next = (): number => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 15), z | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {below, pick: items => items[below(items.length)]!}
}
