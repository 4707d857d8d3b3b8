import assert from 'node:assert/strict'
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {writeAtomically} from './write.ts'

const folder = await mkdtemp(join(tmpdir(), 'mayfly-write-'))
after(() => rm(folder, {recursive: true}))

test('the parts are written one after the other, over what was there', async () => {
  const file = join(folder, 'a')
  await writeFile(file, 'old and longer')
  await writeAtomically(file, [Buffer.from('new'), Buffer.from('er')])
  assert.equal(await readFile(file, 'utf8'), 'newer')
})

test('a write that fails in the middle leaves the old file and nothing else', async () => {
  const file = join(folder, 'b')
  await writeFile(file, 'old')
  const before = await readdir(folder)
  const parts = [Buffer.from('new'), 7 as unknown as Uint8Array]
  await assert.rejects(writeAtomically(file, parts), {code: 'FILE_FAILED'})
  assert.equal(await readFile(file, 'utf8'), 'old')
  assert.deepEqual(await readdir(folder), before)
})

test('a folder in the place of the file is left alone', async () => {
  const file = join(folder, 'c')
  await mkdir(join(file, 'inside'), {recursive: true})
  await assert.rejects(writeAtomically(file, [Buffer.from('new')]), {code: 'FILE_FAILED', at: {file}})
  assert.deepEqual(await readdir(file), ['inside'])
  assert.ok((await readdir(folder)).every(name => !name.endsWith('.tmp')))
})

test('the error names the file', async () => {
  const file = join(folder, 'none', 'd')
  await assert.rejects(writeAtomically(file, []), (error: Error) => error.message.includes(file))
})
