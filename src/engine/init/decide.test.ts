import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {Image} from '../snapshot/snapshot.ts'
import {decide, type Initialised, type SnapshotMode} from './decide.ts'
import {Entropy} from './entropy.ts'

/** An initialisation whose image is what `fill` writes; counts images that are alive. */
function scene(fill: (memory: Uint8Array, entropy: Entropy) => void) {
  let next = 1
  let alive = 0
  let runs = 0
  const random = () => (next = (next * 1_103_515_245 + 12_345) % 2 ** 31)
  const entropy = new Entropy(
    {
      fill: bytes => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = random() >> 16
      },
    },
    {wallNs: () => BigInt(random()), monotonicNs: () => BigInt(random())},
  )
  const initialise = (): Initialised => {
    const memory = new Uint8Array(256)
    fill(memory, entropy)
    alive++
    runs++
    const image: Image = {
      tier: 'copy',
      byteLength: 256,
      memories: [memory],
      globals: [],
      dispose: () => void alive--,
    }
    return {image, runtime: []}
  }
  const run = (mode: SnapshotMode = 'auto', unrestorable?: string) => {
    const decision = decide({mode, unrestorable, entropy, initialise})
    return {decision, alive, runs}
  }
  return run
}

const draw = (entropy: Entropy, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  entropy.fill(bytes)
  return bytes
}

test('the manifest and the code may rule an image out, or in', () => {
  const run = scene((memory, entropy) => memory.set(draw(entropy, 8).reverse(), 3))
  assert.deepEqual([run('never').decision.kind, run('never').runs], ['anew', 0])
  const code = run('auto', 'garbage-collected objects')
  assert.equal(code.decision.kind, 'anew')
  assert.match(code.decision.reason, /garbage-collected objects/)
  const trusted = run('after-init')
  assert.deepEqual([trusted.decision.kind, trusted.runs, trusted.alive], ['snapshot', 1, 1])
})

test('an initialisation that draws nothing is run once', () => {
  const {decision, alive, runs} = scene(memory => void memory.fill(7))()
  assert.deepEqual([decision.kind, alive, runs], ['snapshot', 1, 1])
})

test('draws that leave no trace do not matter', () => {
  const {decision, alive, runs} = scene((_, entropy) => void draw(entropy, 8))()
  assert.deepEqual([decision.kind, alive, runs], ['snapshot', 1, 2])
})

test('copies of draws become seeds, renewed by the draw they are of', () => {
  const {decision, alive, runs} = scene((memory, entropy) => {
    memory.set(draw(entropy, 8), 16)
    memory.set(draw(entropy, 12), 100)
  })()
  assert.ok(decision.kind === 'snapshot')
  assert.deepEqual(
    decision.seeds.map(({memory, start, draw}) => [memory, start, draw.renew().length]),
    [
      [0, 16, 8],
      [0, 100, 12],
    ],
  )
  assert.deepEqual([alive, runs], [1, 3])
})

test('anything else that differs means no image, and none is kept', () => {
  const {decision, alive} = scene((memory, entropy) => memory.set(draw(entropy, 8).reverse(), 16))()
  assert.ok(decision.kind === 'anew')
  assert.equal(alive, 0)
  assert.ok(decision.differences.length > 0)
  assert.match(decision.reason, /bytes at \d+ places, first at 0x1[0-7]/)
})

test('an explanation that does not predict a third run is none', () => {
  let runs = 0
  const {decision, alive} = scene((memory, entropy) => {
    memory.set(draw(entropy, 8), 16)
    if (++runs === 3) memory[200] = 1
  })()
  assert.equal(decision.kind, 'anew')
  assert.equal(alive, 0)
})
