import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {describe, test} from 'node:test'
import {createCowTier} from './cow.ts'
import {detectTier} from './detect.ts'
import {loadLibc} from './ffi.ts'
import {createMadviseTier} from './madvise.ts'
import {initialise, pairOfGuests} from './snapshot.fixtures.ts'
import {tierSuite} from './snapshot.suite.ts'
import {PAGE} from './state.ts'

const {findings} = detectTier()
const usable = (name: string) => findings.find(({tier, usable}) => tier === name && usable) !== undefined
const reason = (name: string) => findings.find(({tier}) => tier === name)!.reason

if (usable('cow')) tierSuite(createCowTier(loadLibc()))
else test('restoring by cow', {skip: reason('cow')}, () => {})
if (usable('madvise')) tierSuite(createMadviseTier(loadLibc()))
else test('restoring by madvise', {skip: reason('madvise')}, () => {})

const makePair = await pairOfGuests()

/** The files of images that are mapped, by number, once for each mapping. */
const mapped = (): string[] =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter(line => line.includes('memfd:mayfly'))
    .map(line => line.split(/ +/)[4]!)

for (const create of [createCowTier, createMadviseTier]) {
  const tier = usable(create === createCowTier ? 'cow' : 'madvise') ? create(loadLibc()) : undefined
  describe(`mapping by ${create.name}`, {skip: tier === undefined ? 'not usable here' : false}, () => {
    test('disposing of sandboxes releases their mappings and shows zeros', () => {
      const {state} = makePair()
      initialise(state)
      // What other tests have left may be collected at any time.
      const others = new Set(mapped())
      const mappings = () => mapped().filter(file => !others.has(file)).length
      const image = tier!.capture(state)
      const before = mappings()
      const made = Array.from({length: 10}, () => {
        const pair = makePair()
        return {...pair, restorer: tier!.adopt(image, pair.state)}
      })
      assert.equal(mappings() - before, 30)
      for (const {restorer} of made) {
        restorer.dispose()
        restorer.dispose()
      }
      assert.equal(mappings(), before)
      image.dispose()
      image.dispose()
      const bytes = new Uint8Array((made[0]!.main['memory'] as unknown as WebAssembly.Memory).buffer)
      assert.ok(bytes.every(byte => byte === 0))
    })

    test('sandboxes outlive the image that they were made from', () => {
      const {state} = makePair()
      initialise(state)
      const image = tier!.capture(state)
      const pair = makePair()
      const restorer = tier!.adopt(image, pair.state)
      image.dispose()
      assert.throws(() => tier!.adopt(image, makePair().state), {code: 'INTERNAL'})
      pair.main['store']!(65_530, 1)
      restorer.suspect()
      restorer.restore()
      assert.equal(pair.main['load']!(65_530), 'a'.charCodeAt(0))
      restorer.dispose()
    })

    test('events that write the same pages need no second look', {skip: create !== createCowTier}, () => {
      const {state} = makePair()
      initialise(state)
      const image = tier!.capture(state)
      const pair = makePair()
      const restorer = tier!.adopt(image, pair.state)
      const event = (at: number) => {
        restorer.open()
        pair.main['store']!(at, 9)
        pair.main['grow']!(1)
        restorer.close()
        return restorer.restore()
      }
      assert.deepEqual(event(5), {pagesRestored: 1, scanned: true})
      // Whatever else this process does may fault too, but not always.
      const later = Array.from({length: 50}, () => event(6))
      assert.ok(later.some(({scanned}) => !scanned))
      assert.deepEqual(later.at(-1)!.pagesRestored, 1)
      assert.equal(event(3 * PAGE + 1).pagesRestored, 2)
    })

    test('pages that were hot once do not stay so for ever', {skip: create !== createCowTier}, () => {
      const {state} = makePair()
      initialise(state)
      const image = tier!.capture(state)
      const pair = makePair()
      const restorer = tier!.adopt(image, pair.state)
      restorer.open()
      pair.main['fill']!(0, 1, 60 * PAGE)
      restorer.close()
      assert.equal(restorer.restore().pagesRestored, (60 * PAGE) / loadLibc().pageSize)
      const restored = Array.from({length: 150}, () => restorer.restore().pagesRestored)
      assert.equal(restored[0], (60 * PAGE) / loadLibc().pageSize)
      assert.equal(restored.at(-1), 0)
      assert.equal(pair.main['load']!(65_530), 'a'.charCodeAt(0))
    })

    test('one large event leaves no hot pages behind', () => {
      const {state} = makePair()
      initialise(state)
      const image = tier!.capture(state)
      const pair = makePair()
      const restorer = tier!.adopt(image, pair.state)
      restorer.open()
      pair.main['grow']!(200)
      pair.main['fill']!(0, 1, 203 * PAGE)
      restorer.close()
      assert.ok(restorer.restore().pagesRestored < 2048)
      assert.equal(pair.main['load']!(65_530), 'a'.charCodeAt(0))
      restorer.open()
      restorer.close()
      assert.equal(restorer.restore().pagesRestored, 0)
    })
  })
}
