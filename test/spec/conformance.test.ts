import assert from 'node:assert/strict'
import {join} from 'node:path'
import {test} from 'node:test'
import {complaints, runScript, scripts, suiteDirectory} from './conformance.ts'
import {engineExecutor} from './executor.ts'
import {readNotYet} from './nyi.ts'

const directory = suiteDirectory()
const list = readNotYet()

if (directory === undefined) {
  test('reference suite', {
    skip: 'no scripts found; set MAYFLY_SPEC_DIR to a checkout of the suite',
  }, () => {})
} else {
  for (const script of scripts(directory))
    for (const start of ['anew', 'image'] as const)
      test(`${script} runs as the suite says, in instances from ${start === 'anew' ? 'scratch' : 'images'}`, async () => {
        const executor = engineExecutor(start)
        const verdicts = await runScript(join(directory, script), {executor})
        executor.end()
        assert.deepEqual(complaints(script, verdicts, list), [])
      })
}
