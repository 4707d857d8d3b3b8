import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {promisify} from 'node:util'

const MIB = 2 ** 20

test('a thousand components loaded, called and dropped leave nothing behind', {
  skip: !existsSync('/proc/self/maps') && 'only Linux shows what a process holds',
}, async () => {
  const {stdout} = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', join(import.meta.dirname, 'leaks.fixtures.ts')],
    {timeout: 300_000},
  )
  const {before, after} = JSON.parse(stdout)
  const grown = JSON.stringify({before, after})
  assert.ok(after.heap - before.heap < 4 * MIB, grown)
  assert.ok(after.files <= before.files, grown)
  // A sandbox that was not given back would leave several each time; V8 takes some for itself.
  assert.ok(after.mappings - before.mappings < 400, grown)
})
