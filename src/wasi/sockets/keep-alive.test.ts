import assert from 'node:assert/strict'
import {test} from 'node:test'
import {keepAliveOf} from './keep-alive.ts'

const SECOND = 1_000_000_000n
const U64 = (1n << 64n) - 1n

for (const [name, idle, interval, count, expected] of [
  ['whole seconds', 7200n * SECOND, 75n * SECOND, 9, [7_200_000, 75_000, 9]],
  ['parts of a second', 1n, 2n * SECOND + 1n, 1, [1000, 2000, 1]],
  ['more than a system takes', U64, 40_000n * SECOND, 0xffff_ffff, [32_767_000, 32_767_000, 127]],
] as const)
  test(`${name} as a system takes them`, () => {
    const options = {'keep-alive-idle-time': idle, 'keep-alive-interval': interval, 'keep-alive-count': count}
    for (const isOn of [true, false])
      assert.deepEqual(keepAliveOf({...options, 'keep-alive-enabled': isOn}), [isOn, ...expected])
  })
