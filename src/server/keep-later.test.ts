import assert from 'node:assert/strict'
import {test} from 'node:test'
import {keepAll, keepLater} from './keep-later.ts'

test('what cannot be kept is not kept, and keeps nothing else from it', async () => {
  const kept: string[] = []
  keepLater('throws', () => {
    throw new Error('it cannot be made')
  })
  keepLater('rejects', async () => {
    throw new Error('it cannot be written')
  })
  keepLater('good', async () => void kept.push('before'))
  keepLater('good', async () => void kept.push('good'))
  await keepAll()
  assert.deepEqual(kept, ['good'])
})
