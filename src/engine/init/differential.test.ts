import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {compareImages} from '../snapshot/compare.ts'
import type {Image} from '../snapshot/snapshot.ts'
import {explain, predicts, type Run} from './differential.ts'
import type {Draw} from './entropy.ts'

const draw = (bytes: Uint8Array): Draw => ({bytes, renew: () => bytes})

/** A run: memories of zeros with draws copied into them. */
function run(draws: readonly Uint8Array[], copies: readonly {at: number; draw: number}[], size = 512): Run {
  const memory = new Uint8Array(size)
  for (const copy of copies) memory.set(draws[copy.draw]!, copy.at)
  return {image: {memories: [memory]}, draws: draws.map(draw)}
}

const differencesOf = (a: Run, b: Run) =>
  compareImages({...a.image, globals: []} as unknown as Image, {...b.image, globals: []} as unknown as Image)

const explained = (a: Run, b: Run) => explain(a, b, differencesOf(a, b))

const bytes = (length: number) => fc.uint8Array({minLength: length, maxLength: length})

test('copies of what was drawn explain any difference, and predict a third run', () => {
  const scene = fc.array(fc.integer({min: 4, max: 24}), {minLength: 1, maxLength: 4}).chain(lengths =>
    fc.record({
      draws: fc.tuple(...[0, 1, 2].map(() => fc.tuple(...lengths.map(bytes)))),
      copies: fc.uniqueArray(fc.record({at: fc.nat(15).map(n => n * 32), draw: fc.nat(lengths.length - 1)}), {
        selector: copy => copy.at,
      }),
    }),
  )
  fc.assert(
    fc.property(scene, ({draws, copies}) => {
      const [a, b, c] = draws.map(each => run(each, copies)) as [Run, Run, Run]
      const seeds = explained(a, b)
      assert.ok(seeds !== undefined)
      // A place that held the same bytes in both runs by chance is no seed, and need not be predicted.
      const all = copies.every(copy => seeds.some(seed => seed.start === copy.at && seed.draw === copy.draw))
      if (all) assert.ok(predicts(a, seeds, c))
    }),
  )
})

test('what is no copy is not explained', () => {
  const one = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  const two = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1)
  const at = (place: number) => [{at: place, draw: 0}]
  const a = run([one], at(10))
  const changed = (each: Run, place: number, value: number): Run => {
    const memory = each.image.memories[0]!.slice()
    memory[place] = value
    return {...each, image: {memories: [memory]}}
  }
  const table: [string, Run, Run][] = [
    ['a byte outside', a, changed(run([two], at(10)), 100, 1)],
    ['a byte of the copy changed', a, changed(run([two], at(10)), 12, 99)],
    ['another place', a, run([two], at(20))],
    ['another number of draws', a, run([two, two], at(10))],
    [
      'a copy that is cut off',
      run([one], at(504)),
      run([two], at(504), 512).image.memories[0]!.length === 512 ? changed(run([two], at(504)), 511, 9) : a,
    ],
    ['too short to be no chance', run([one.subarray(0, 3)], at(10)), run([two.subarray(0, 3)], at(10))],
  ]
  for (const [name, left, right] of table) assert.equal(explained(left, right), undefined, name)
  assert.deepEqual(explained(a, run([two], at(10))), [{memory: 0, start: 10, draw: 0}])
})

test('differing sizes and globals cannot be explained', () => {
  const a = run([Uint8Array.of(1, 2, 3, 4)], [])
  assert.equal(explain(a, a, [{kind: 'size', memory: 0, before: 1, after: 2}]), undefined)
  assert.equal(explain(a, a, [{kind: 'global', index: 0, before: 1, after: 2}]), undefined)
  assert.deepEqual(explain(a, a, []), [])
})

test('a prediction fails on one wrong byte, and on draws of another length', () => {
  const [one, three] = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(9, 9, 9, 9)]
  const a = run([one], [{at: 8, draw: 0}])
  const seeds = [{memory: 0, start: 8, draw: 0}]
  assert.ok(predicts(a, seeds, run([three], [{at: 8, draw: 0}])))
  assert.ok(!predicts(a, [], run([three], [{at: 8, draw: 0}])))
  assert.ok(!predicts(a, seeds, run([three], [{at: 12, draw: 0}])))
  assert.ok(!predicts(a, seeds, run([three, one], [{at: 8, draw: 0}])))
  assert.ok(!predicts(a, seeds, run([three.subarray(1)], [{at: 8, draw: 0}])))
})
