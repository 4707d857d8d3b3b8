import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {decodeComponent} from '../engine/component/decode.ts'
import {coreModulesOf, skeletonOf} from '../engine/component/skeleton.ts'
import {validateComponent} from '../engine/component/validate.ts'
import {caller, prepare} from '../engine/link/link.fixtures.ts'
import {LinkedComponent} from '../engine/link/linked-component.ts'
import {ModuleCache} from '../engine/link/module-cache.ts'
import {joinData} from '../engine/snapshot/lean-join.ts'
import {type KeptComponent, KeptComponents} from './kept-components.ts'
import {readBinaries} from './read-binaries.ts'

const root = mkdtempSync(join(tmpdir(), 'mayfly-kept-'))
after(() => rmSync(root, {recursive: true}))

const component = (answer: number) =>
  parse(`(component
    (core module $M (memory (export "m") 1) (global $at (mut i32) (i32.const 8))
      (data (i32.const 8) "\\0${answer}") (data (i32.const 20) "\\01")
      (func (export "f") (result i32) (i32.add (i32.load8_u (global.get $at)) (i32.load8_u (i32.const 20)))))
    (component $C (core module (func (export "unused"))))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))`)

let files = 0
async function place(code = 'this code') {
  const dir = join(root, `cache-${files}`)
  const path = join(root, `component-${files++}.wasm`)
  writeFileSync(path, await component(3))
  return {dir, path, kept: new KeptComponents(dir, {code, keeps: true})}
}
type Place = Awaited<ReturnType<typeof place>>

function statsOf(path: string) {
  const file = openSync(path, 'r')
  const stats = fstatSync(file, {bigint: true})
  closeSync(file)
  return stats
}

/** As when it was served and the process has time; `changed` is what is kept instead. */
async function keep(
  {path, kept}: Pick<Place, 'path' | 'kept'>,
  {name = path, changed = it => it}: {name?: string; changed?: (it: KeptComponent) => KeptComponent} = {},
): Promise<void> {
  const stats = statsOf(path)
  const bytes = readFileSync(path)
  const decoded = decodeComponent(bytes)
  const modules = new ModuleCache()
  const all = coreModulesOf(decoded).map(one => joinData(modules.lean(one)))
  await kept.keep(name, stats, changed({skeleton: skeletonOf(bytes), modules: all}))
}

async function read({path, kept}: Pick<Place, 'path' | 'kept'>) {
  return (await readBinaries({it: {wasmPath: path}}, kept))['it']!
}

/** What it answers, as it is read. */
async function answer(at: Pick<Place, 'path' | 'kept'>): Promise<unknown> {
  const {bytes, modules: known} = await read(at)
  const decoded = decodeComponent(bytes)
  const modules = new ModuleCache()
  if (known === undefined) validateComponent(decoded)
  else for (const [i, one] of coreModulesOf(decoded).entries()) modules.know(one, known[i]!)
  const linked = new LinkedComponent(decoded, {imports: new Map(), who: 'it', modules})
  return caller(linked, prepare(linked).make())('f')
}

const isKnown = async (at: Pick<Place, 'path' | 'kept'>) => (await read(at)).modules !== undefined
const entryOf = ({dir}: Place): string => join(dir, readdirSync(dir)[0]!)

describe('kept components', () => {
  test('a component that was kept is known, without its code, and answers as before', async () => {
    const at = await place()
    assert.equal(await isKnown(at), false)
    assert.equal(await answer(at), 4)
    await keep(at)
    assert.equal(await isKnown(at), true)
    assert((await read(at)).bytes.length < readFileSync(at.path).length)
    assert.equal(await answer(at), 4)
  })

  const changes: Readonly<Record<string, (at: Place) => Promise<void>>> = {
    'rewritten in place with as many bytes and its old times': async ({path}) => {
      const {atime, mtime} = fstatSync(openSync(path, 'r'))
      writeFileSync(path, await component(4))
      utimesSync(path, atime, mtime)
    },
    'another file in its place': async ({path}) => {
      const bytes = await component(4)
      rmSync(path)
      writeFileSync(path, bytes)
    },
  }
  for (const [what, change] of Object.entries(changes))
    test(`a component that changed is another: ${what}`, async () => {
      const at = await place()
      await keep(at)
      await change(at)
      assert.equal(await isKnown(at), false)
      assert.equal(await answer(at), 5)
    })

  test('other code finds out for itself', async () => {
    const at = await place()
    await keep(at)
    assert.equal(
      await isKnown({...at, kept: new KeptComponents(at.dir, {code: 'other', keeps: true})}),
      false,
    )
  })

  test('a component has what is kept of it, not what is kept under its name', async () => {
    const [at, other] = [await place(), await place()]
    writeFileSync(other.path, await component(5))
    await keep({path: other.path, kept: at.kept}, {name: at.path})
    assert.equal(await isKnown(at), false)
    assert.equal(await answer(at), 4)
  })

  const damages: Readonly<Record<string, (entry: string) => void>> = {
    'is empty': entry => writeFileSync(entry, ''),
    'ends early': entry => truncateSync(entry, readFileSync(entry).length - 40),
    'ends at once': entry => truncateSync(entry, 512),
    'holds something else': entry =>
      writeFileSync(entry, Buffer.concat([readFileSync(entry).subarray(0, 512), Buffer.alloc(4000, 0xff)])),
    'cannot be read': entry => chmodSync(entry, 0),
    'is a folder': entry => {
      rmSync(entry)
      mkdirSync(entry)
    },
    'is a pipe that nobody writes to': entry => {
      rmSync(entry)
      execFileSync('mkfifo', [entry])
    },
  }
  for (const [what, damage] of Object.entries(damages))
    test(`the component is read where what is kept ${what}`, async () => {
      const at = await place()
      await keep(at)
      damage(entryOf(at))
      assert.equal(await answer(at), 4)
    })

  const wrong: Readonly<Record<string, (it: KeptComponent) => unknown>> = {
    'one too few': ({modules}) => modules.slice(1),
    'one too many': ({modules}) => [...modules, modules[0]],
    'one that is none': ({modules}) => [...modules.slice(1), {}],
    'one without bytes': ({modules: [one, ...rest]}) => [{...one, bytes: 'none'}, ...rest],
  }
  for (const [what, modulesOf] of Object.entries(wrong))
    test(`the component is read where of its modules there is ${what}`, async () => {
      const at = await place()
      await keep(at, {
        changed: it => ({...it, modules: modulesOf(it) as KeptComponent['modules']}),
      })
      assert.equal(readdirSync(at.dir).length, 1)
      assert.equal(await answer(at), 4)
    })

  test('the component is read where what was compiled of its program is none', async () => {
    for (const [program, expected] of [
      [{source: '1', code: new Uint8Array(4), sum: 0}, true],
      [{source: '1', code: 'none', sum: 0}, false],
      [{source: '1', code: new Uint8Array(4)}, false],
      [{code: new Uint8Array(4), sum: 0}, false],
    ] as const) {
      const at = await place()
      await keep(at, {changed: it => ({...it, program: program as NonNullable<KeptComponent['program']>})})
      assert.equal(await isKnown(at), expected)
    }
  })

  test('what another user wrote is not believed', {skip: process.getuid?.() !== 0}, async () => {
    const at = await place()
    await keep(at)
    chownSync(entryOf(at), 65_534, 65_534)
    assert.equal(await isKnown(at), false)
  })

  test('what is too large to be kept takes the place of nothing', async () => {
    const [at, large] = [await place(), await place()]
    await keep(at)
    await keep(
      {...large, kept: at.kept},
      {changed: it => ({...it, skeleton: Buffer.alloc(256 * 1024 * 1024)})},
    )
    assert.equal(await isKnown(at), true)
  })

  test('what killed processes left is dropped, what is being written is not', async () => {
    const at = await place()
    mkdirSync(at.dir)
    const [left, coming] = ['left,123,0', 'coming,124,0'].map(name => join(at.dir, name))
    for (const path of [left!, coming!]) writeFileSync(path, 'a part')
    utimesSync(left!, 0, 0)
    await keep(at)
    const names = readdirSync(at.dir)
    assert.deepEqual([names.length, names.includes('left,123,0')], [2, false])
  })

  test('where times do not tell changes, nothing is kept or found', async () => {
    const at = await place()
    const [elsewhere, stats] = ['/proc/version', statsOf(at.path)]
    await keep(at, {name: elsewhere})
    assert.equal(at.kept.find(elsewhere, stats), undefined)
    const old = {...stats, ctimeMs: stats.ctimeMs - 10_000n} as typeof stats
    assert.equal(at.kept.canKeep(elsewhere, old), false)
    assert.equal(at.kept.canKeep(join(root, 'none'), old), false)
  })

  test('more at the end does no harm', async () => {
    const at = await place()
    await keep(at)
    appendFileSync(entryOf(at), 'more')
    assert.equal(await answer(at), 4)
  })

  test('nothing is said where nothing can be kept', async () => {
    const at = await place()
    writeFileSync(at.dir, 'a file, where the folder should be')
    await keep(at)
    assert.equal(await answer(at), 4)
  })

  test('many may keep the same at once', async () => {
    const at = await place()
    await Promise.all(Array.from({length: 8}, () => keep(at)))
    assert.equal(await isKnown(at), true)
    assert.equal(await answer(at), 4)
    assert.equal(readdirSync(at.dir).length, 1)
  })

  test('a file that has just changed may change again unseen; another process keeps it', async () => {
    const at = await place()
    const stats = statsOf(at.path)
    assert.equal(at.kept.canKeep(at.path, stats), false)
    const old = {...stats, ctimeMs: stats.ctimeMs - 10_000n} as typeof stats
    assert.equal(at.kept.canKeep(at.path, old), true)
    assert.equal(new KeptComponents(at.dir, {code: '', keeps: false}).canKeep(at.path, old), false)
  })
})
