import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {readBinaries} from './read-binaries.ts'

const dir = mkdtempSync(join(tmpdir(), 'mayfly-binaries-'))
after(() => rmSync(dir, {recursive: true}))
const file = (name: string, bytes: Uint8Array) => {
  const wasmPath = join(dir, name)
  writeFileSync(wasmPath, bytes)
  return {wasmPath}
}

test('each component has its whole file, an empty one too', async () => {
  const large = Uint8Array.from({length: 3_000_000}, (_, i) => i % 251)
  const read = await readBinaries({
    large: file('large', large),
    small: file('small', Uint8Array.of(1)),
    none: file('none', new Uint8Array()),
  })
  assert.ok(Buffer.from(read['large']!.bytes).equals(large))
  assert.deepEqual([...read['small']!.bytes], [1])
  assert.equal(read['none']!.bytes.length, 0)
})

test('a file that is not there is an error', async () => {
  const files = {here: file('here', Uint8Array.of(1)), gone: {wasmPath: join(dir, 'gone')}}
  await assert.rejects(readBinaries(files), {code: 'ENOENT', path: join(dir, 'gone')})
})
