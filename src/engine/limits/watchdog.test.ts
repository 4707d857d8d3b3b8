import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {test} from 'node:test'

test('endless guests are stopped, also after they waited; their neighbours and the process go on', async () => {
  const fixture = join(import.meta.dirname, 'watchdog.fixture.ts')
  const child = spawn(process.execPath, ['--no-force-async-hooks-checks', fixture], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  assert.deepEqual(
    stdout.trimEnd().split('\n'),
    [
      'spin stopped: LIMIT_CPU, spent: true',
      'catch-and-spin stopped: LIMIT_CPU, spent: true',
      'wait-then-spin stopped: LIMIT_CPU, spent: true',
      'have-worked stopped: LIMIT_CPU, spent: true',
      'hoard stopped: LIMIT_MEMORY',
      'wait returned',
      'the process goes on',
    ],
    stderr,
  )
})
