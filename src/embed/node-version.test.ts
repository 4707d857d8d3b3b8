import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {checkNode} from './node-version.ts'

test('a program on an older Node is told which one to run it with', () => {
  for (const old of ['20.20.2', '25.9.0'])
    assert.throws(() => checkNode(old), {
      code: 'EMBED_NODE',
      message: /26; .*25\.9|26; .*20\.20/,
      hint: /npx node/,
    })
  for (const fit of ['26.0.0', '30.1.0', process.versions.node]) checkNode(fit)
})

test('it is the one that the command needs', () => {
  const launcher = readFileSync(join(import.meta.dirname, '../../bin/mayfly.js'), 'utf8')
  const needed = /NEEDED_MAJOR = (\d+)/.exec(launcher)![1]!
  checkNode(`${needed}.0.0`)
  assert.throws(() => checkNode(`${Number(needed) - 1}.99.0`))
})
