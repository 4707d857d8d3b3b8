import assert from 'node:assert/strict'
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {cached, hashOf} from './cache.ts'

const folder = await mkdtemp(join(tmpdir(), 'mayfly-cache-'))
after(() => rm(folder, {recursive: true}))

const content = Buffer.from('expensive')
function maker() {
  const calls = {count: 0}
  const make = async () => {
    calls.count++
    return new Uint8Array(content)
  }
  return {calls, make}
}

test('what was made is made once', async () => {
  const {calls, make} = maker()
  for (let round = 0; round < 3; round++)
    assert.deepEqual(Buffer.from(await cached(folder, 'once', make)), content)
  assert.equal(calls.count, 1)
})

const damages: [name: string, damage: (bytes: Buffer) => Buffer][] = [
  ['cut in half', bytes => bytes.subarray(0, bytes.length / 2)],
  ['cut by one byte', bytes => bytes.subarray(0, -1)],
  ['empty', () => Buffer.alloc(0)],
  ['changed in one bit', bytes => bytes.map((byte, at) => (at === 2 ? byte ^ 1 : byte)) as Buffer],
  ['longer', bytes => Buffer.concat([bytes, Buffer.from('x')])],
]
for (const [name, damage] of damages) {
  test(`a file that is ${name} is made again`, async () => {
    const {calls, make} = maker()
    const file = join(folder, 'damaged')
    await cached(folder, 'damaged', make)
    await writeFile(file, damage(await readFile(file)))
    calls.count = 0
    assert.deepEqual(Buffer.from(await cached(folder, 'damaged', make)), content)
    assert.deepEqual(Buffer.from(await cached(folder, 'damaged', make)), content)
    assert.equal(calls.count, 1)
  })
}

test('many at once agree, and leave one file', async () => {
  const {make} = maker()
  const all = await Promise.all(Array.from({length: 20}, () => cached(join(folder, 'many'), 'x', make)))
  for (const one of all) assert.deepEqual(Buffer.from(one), content)
  assert.deepEqual(await readdir(join(folder, 'many')), ['x'])
})

test('a cache that cannot be written does not stop a build', async () => {
  const file = join(folder, 'a-file')
  await writeFile(file, '')
  assert.deepEqual(Buffer.from(await cached(join(file, 'below'), 'x', maker().make)), content)
})

test('what fails is not kept', async () => {
  await assert.rejects(
    cached(folder, 'fails', () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.deepEqual(Buffer.from(await cached(folder, 'fails', maker().make)), content)
})

test('lists of parts that read the same have different hashes', () => {
  assert.notEqual(hashOf(['ab', 'c']), hashOf(['a', 'bc']))
  assert.notEqual(hashOf(['a']), hashOf(['a', '']))
})
