import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {test} from 'node:test'
import {detectTier} from './detect.ts'

test('copy works everywhere, and is used when asked for', () => {
  const {tier, findings} = detectTier({prefer: 'copy'})
  assert.equal(tier.name, 'copy')
  assert.deepEqual(
    findings.map(({tier}) => tier),
    ['cow', 'madvise', 'copy'],
  )
  for (const {reason} of findings) assert.notEqual(reason, '')
})

test('the fastest usable tier is chosen', () => {
  const {tier, findings} = detectTier()
  assert.equal(tier.name, findings.find(({usable}) => usable)!.tier)
})

test('users see no warning about node:ffi', () => {
  const program = `import {detectTier} from ${JSON.stringify(new URL('./detect.ts', import.meta.url).href)}
    detectTier()
    process.emitWarning('still heard')`
  const {NODE_TEST_CONTEXT: _, ...env} = process.env
  const output = execFileSync(
    process.execPath,
    [
      '--input-type=module-typescript',
      '--eval',
      `${program};process.on('warning', one => console.log(one.message))`,
    ],
    {env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']},
  )
  assert.equal(output.trim(), 'still heard')
})
