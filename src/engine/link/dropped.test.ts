import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

const run = promisify(execFile)
const BATCH = 50
/** What V8 makes of our own code by and by; a component that something still holds takes twenty times as much. */
const BYTES_EACH = 4096

/** Bytes by which the process grows for each component after the first batch, and the modules that it still knows. */
async function growth(batches: number, ...more: string[]): Promise<{bytes: number; modules: number}> {
  const fixture = fileURLToPath(new URL('./dropped.fixture.ts', import.meta.url))
  const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning']
  const {stdout} = await run(process.execPath, [...flags, fixture, `${BATCH}`, `${batches}`, ...more])
  const sizes = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as {bytes: number; modules: number})
  const [first, last] = [sizes[0]!, sizes.at(-1)!]
  return {bytes: (last.bytes - first.bytes) / (BATCH * (batches - 1)), modules: last.modules}
}

test('components that were deployed and dropped leave nothing behind', async () => {
  const dropped = await growth(4)
  assert.ok(dropped.bytes < BYTES_EACH, `${dropped.bytes} bytes for each`)
  assert.ok(dropped.modules < BATCH, `${dropped.modules} modules are still known`)
  assert.ok((await growth(2, 'keep')).bytes > BYTES_EACH, 'it can tell')
})
