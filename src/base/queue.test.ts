import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {Queue} from './queue.ts'

test('a queue gives what an array does that is shifted', () => {
  const step = fc.oneof(fc.nat(3000), fc.constant('take' as const), fc.constant('clear' as const))
  fc.assert(
    fc.property(fc.array(step, {maxLength: 60}), steps => {
      const queue = new Queue<number>()
      let model: number[] = []
      let next = 0
      for (const each of steps) {
        if (each === 'clear') {
          queue.clear()
          model = []
        } else if (each === 'take') {
          for (let i = model.length >> 1; i >= 0; i--) assert.equal(queue.take(), model.shift())
        } else
          for (let i = 0; i < each; i++) {
            queue.push(next)
            model.push(next++)
          }
        assert.equal(queue.empty, model.length === 0)
      }
    }),
  )
})
