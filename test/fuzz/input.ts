// test/fuzz/input.ts: the input with a number, of the campaign with a seed.
import type {Corpus} from './corpus.ts'
import {mutate} from './mutate.ts'
import {randomOf} from './random.ts'

/** One of so many is made of the large component. */
const LARGE = 500

export function inputOf({small, large}: Corpus, seed: number, input: number): Uint8Array {
  const random = randomOf(seed, input)
  const [source, other] = [random.pick(small), random.pick(small)]
  if (input === 0) return source
  return mutate(large !== undefined && input % LARGE === LARGE - 1 ? large : source, other, random)
}
