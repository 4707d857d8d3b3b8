import assert from 'node:assert/strict'
import {test} from 'node:test'
import {detectTier} from '../../src/engine/snapshot/detect.ts'
import {guest} from '../guests/guests.ts'
import {folder, manifest} from './harness/app.ts'
import {ask} from './harness/client.ts'
import {up} from './harness/mayfly.ts'

for (const {tier, usable, reason} of detectTier().findings)
  test(`a component with a memory of 64-bit addresses is served from sandboxes restored by ${tier}`, {
    skip: usable ? false : reason,
  }, async t => {
    const made = await guest('wat/memory64')
    if ('skip' in made) throw new Error(made.skip)
    const parts = [{id: 'wide', route: '/...', source: made.path}]
    const served = await up(t, [folder(t, {'spin.toml': manifest(parts)})], {env: {MAYFLY_TIER: tier}})
    const long = `/${'path/'.repeat(400)}`
    for (const path of ['/a', '/b?c=d', long, '/e']) {
      const {status, body} = await ask(served.url + path)
      assert.deepEqual({status, body}, {status: 200, body: `${path} 1\n`})
    }
    const paths = Array.from({length: 20}, (_, i) => `/${i}`)
    const answers = await Promise.all(paths.map(path => ask(served.url + path)))
    assert.deepEqual(
      answers.map(({body}) => body),
      paths.map(path => `${path} 1\n`),
    )
  })
