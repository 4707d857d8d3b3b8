import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {runScript, scripts, suiteDirectory} from './conformance.ts'
import {notYet} from './nyi.ts'

const directory = suiteDirectory()

if (directory === undefined) {
  test('reference suite', {
    skip: 'no scripts found; set MAYFLY_SPEC_DIR to a checkout of the suite',
  }, () => {})
} else {
  for (const script of scripts(directory)) {
    test(`${script}: components are accepted or rejected as the suite says`, async () => {
      const known = notYet(readFileSync(join(import.meta.dirname, 'nyi.txt'), 'utf8'), script)
      for (const {line, outcome, reason} of await runScript(join(directory, script))) {
        if (known(line)) assert.equal(outcome, 'failed', `${script}:${line} works: take it out of nyi.txt`)
        else assert.notEqual(outcome, 'failed', `${script}:${line}: ${reason}`)
      }
    })
  }
}
