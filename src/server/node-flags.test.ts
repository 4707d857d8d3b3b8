// server/node-flags.test.ts
import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {test} from 'node:test'
import {GUEST_NODE_FLAGS, mayRunGuests} from './node-flags.ts'

test('no flag changes what V8 says of the code that it takes from a cache', () => {
  const script = `
    const {Script} = require('node:vm'), {readFileSync, writeFileSync} = require('node:fs')
    const file = process.env.CACHE_FILE, source = 'function f() { return 1 }'
    if (file === undefined) process.stdout.write(new Script(source).createCachedData().toString('base64'))
    else process.stdout.write(String(new Script(source, {cachedData: Buffer.from(file, 'base64')}).cachedDataRejected))`
  const run = (flags: readonly string[], env: Record<string, string>) =>
    spawnSync(process.execPath, [...flags, '-e', script], {env: {...process.env, ...env}, encoding: 'utf8'})
      .stdout
  const cached = run([], {})
  assert.equal(run(GUEST_NODE_FLAGS, {CACHE_FILE: cached}), 'false')
  assert.equal(run(['--wasm-lazy-validation'], {CACHE_FILE: cached}), 'true', 'it can tell')
})

test('a process may run guests only with all of them', () => {
  assert.equal(mayRunGuests(['--inspect', ...GUEST_NODE_FLAGS]), true)
  assert.equal(mayRunGuests(GUEST_NODE_FLAGS.slice(1)), false)
})
