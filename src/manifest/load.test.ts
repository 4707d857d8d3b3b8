import assert from 'node:assert/strict'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {MayflyError, MayflyErrors} from '../base/errors.ts'
import {loadManifest} from './load.ts'
import {placeOf} from './places.ts'

const TEXT =
  'spin_manifest_version = 2\n[application]\nname = "x"\n[[trigger.http]]\nroute = "/"\ncomponent = "a"\n[component.a]\nsource = "a.wasm"\n'
const folder = mkdtempSync(join(tmpdir(), 'manifest-'))
after(() => rmSync(folder, {recursive: true, force: true}))

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

test('a file, and spin.toml in a directory', async () => {
  write('spin.toml', TEXT)
  assert.equal((await loadManifest(folder)).file, join(folder, 'spin.toml'))
  assert.equal((await loadManifest(write('other.toml', TEXT))).file, join(folder, 'other.toml'))
})

const refused = async (path: string, code: string, file = path) => {
  await assert.rejects(loadManifest(path), (error: unknown) => {
    assert.ok(error instanceof MayflyError, String(error))
    assert.equal(error.code, code)
    assert.equal(error.at?.file, file)
    assert.ok(error.hint)
    return true
  })
}

test('what is not there', async () => {
  await refused(join(folder, 'nothing.toml'), 'MANIFEST_NOT_FOUND')
  await refused(join(folder, 'other.toml', 'x'), 'MANIFEST_NOT_FOUND')
  mkdirSync(join(folder, 'empty'))
  await refused(join(folder, 'empty'), 'MANIFEST_NOT_FOUND', join(folder, 'empty', 'spin.toml'))
})

test('what cannot be read', async () => {
  await refused('/dev/zero', 'MANIFEST_UNREADABLE')
  mkdirSync(join(folder, 'directory', 'spin.toml'), {recursive: true})
  await refused(join(folder, 'directory'), 'MANIFEST_UNREADABLE', join(folder, 'directory', 'spin.toml'))
  symlinkSync('loop', join(folder, 'loop'))
  await refused(join(folder, 'loop'), 'MANIFEST_UNREADABLE')
  await refused(
    write('latin1.toml', Buffer.from(TEXT.replace('"x"', '"é"'), 'latin1')),
    'MANIFEST_UNREADABLE',
  )
})

test('no permission', {skip: process.getuid?.() === 0 && 'root reads everything'}, async () => {
  const file = write('secret.toml', TEXT)
  chmodSync(file, 0)
  await refused(file, 'MANIFEST_UNREADABLE')
})

test('a file of any size is refused before it is read', async () => {
  const file = write('large.toml', '')
  truncateSync(file, 2 ** 40)
  await refused(file, 'MANIFEST_TOO_LARGE')
})

test('mistakes name the file', async () => {
  const file = write('wrong.toml', TEXT.replace('source', 'sorce'))
  await assert.rejects(
    loadManifest(file),
    (error: unknown) => error instanceof MayflyErrors && error.errors.every(({at}) => at?.file === file),
  )
})

test('a field has a place: its own, or that of the table around it', async () => {
  const app = await loadManifest(
    write('places.toml', `${TEXT}[[trigger.http]]\nroute = "/x"\ncomponent = { source = "b.wasm" }\n`),
  )
  const file = join(folder, 'places.toml')
  const inline = 'component.http-trigger1-component'
  const cases: [path: string | string[], line: number, column: number, table: string][] = [
    ['component.a.source', 8, 10, 'component.a'],
    ['component.a.files', 7, 1, 'component.a'],
    [['component', 'a', 'dependencies', 'x.y'], 7, 1, 'component.a'],
    ['trigger.http', 4, 1, 'trigger.http'],
    [`${inline}.source`, 11, 24, inline],
    [inline, 11, 13, inline],
  ]
  for (const [path, line, column, table] of cases)
    assert.deepEqual(placeOf(app, path), {file, line, column, path: table}, String(path))
  assert.deepEqual(placeOf({...app}, 'component.a'), {file})
})
