import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {componentWit} from '@bytecodealliance/jco'
import {ERRORS} from '../../src/base/errors.ts'
import {buildOnce, cacheDir, exists, hashFiles} from './cache.ts'
import {guest, guestKey, RECIPES} from './guests.ts'
import {isSkip, program, run} from './toolchain.ts'
import {type Expected, type Seen, violation} from './wat/hostile/case.ts'
import {HOSTILE} from './wat/hostile.ts'
import {assemble, TEXT_GUESTS} from './wat/text-guests.ts'

let scratch: string
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'mayfly-guests-test-'))
})
after(() => rm(scratch, {recursive: true, force: true}))

const folder = (): Promise<string> => mkdtemp(join(scratch, 'case-'))

async function fakeProgram(dir: string, name: string, prints: string): Promise<void> {
  await writeFile(join(dir, name), `#!/bin/sh\necho "${prints}"\n`)
  await chmod(join(dir, name), 0o755)
}

/** The core modules at the top level of a component (section 1). */
function coreModules(component: Uint8Array): Uint8Array[] {
  const modules: Uint8Array[] = []
  for (let at = 8; at < component.length; ) {
    const section = component[at++]!
    let size = 0
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7)
      size |= ((byte = component[at++]!) & 0x7f) << shift
    if (section === 1) modules.push(component.subarray(at, at + size))
    at += size
  }
  return modules
}

describe('guests in text form', () => {
  for (const [name, text] of TEXT_GUESTS) {
    test(`${name} is a handler whose core modules V8 compiles`, async () => {
      const bytes = await assemble(text())
      const modules = coreModules(bytes)
      assert.ok(modules.length >= 2)
      for (const module of modules) new WebAssembly.Module(Uint8Array.from(module))
      assert.match(await componentWit(bytes), /export wasi:http\/incoming-handler@0\.2\.\d+;/)
    })
  }

  test('a hello is below 10 kB', async () => {
    assert.ok((await assemble(TEXT_GUESTS.get('hello')!())).length < 10_000)
  })

  test('the version asked for is imported and exported', async () => {
    const wit = await componentWit(await assemble(TEXT_GUESTS.get('hello-0.2.3')!()))
    assert.match(wit, /import wasi:http\/types@0\.2\.3;/)
    assert.match(wit, /export wasi:http\/incoming-handler@0\.2\.3;/)
  })

  test('what is not text of a component is refused', async () => {
    await assert.rejects(assemble('(component (core modul'))
  })

  test('they are kept as files by their text', async () => {
    const env = {MAYFLY_GUEST_CACHE: await folder(), PATH: ''}
    const first = await guest('wat/hello', {env})
    assert.ok('path' in first)
    assert.deepEqual(await guest('wat/hello', {env}), first)
    assert.deepEqual(new Uint8Array(await readFile(first.path)), await assemble(TEXT_GUESTS.get('hello')!()))
    await assert.rejects(guest('wat/nobody', {env}), /no guest "wat\/nobody"; there are hello,/)
  })
})

describe('the hostile set', () => {
  test('every name is taken once', () => {
    assert.equal(TEXT_GUESTS.size, new Set(TEXT_GUESTS.keys()).size)
    assert.equal(new Set(HOSTILE.map(item => item.name)).size, HOSTILE.length)
    assert.ok(HOSTILE.every(item => TEXT_GUESTS.has(item.name)))
  })

  for (const {name, expected, paths} of HOSTILE)
    test(`${name} expects something that can be checked`, () => {
      assert.ok(expected.status.length > 0)
      assert.ok(expected.codes.every(code => code in ERRORS))
      if (!expected.status.includes(200) || expected.cut !== undefined) assert.ok(expected.codes.length > 0)
      if (expected.cut !== undefined || expected.body !== undefined) assert.ok(expected.status.includes(200))
      assert.ok(paths === undefined || (paths.length > 0 && paths.every(path => path.startsWith('/'))))
    })
})

describe('violation', () => {
  const whole = (body: string): Expected => ({status: [200, 500], body, codes: []})
  const rows: ReadonlyArray<[string, Expected, Seen, RegExp | undefined]> = [
    ['as expected', whole('1'), {status: 200, body: '1', cut: false}, undefined],
    ['another status that is allowed', whole('1'), {status: 500, body: 'x', cut: false}, undefined],
    ['another status', whole('1'), {status: 404, body: '', cut: false}, /status 404, not 200 or 500/],
    ['another body', whole('1'), {status: 200, body: '2', cut: false}, /"2", not "1"/],
    ['cut', whole('1'), {status: 200, body: '', cut: true}, /cut off after 0 bytes/],
    ['cut as allowed', {...whole('1'), cut: 'may'}, {status: 200, body: '', cut: true}, undefined],
    ['whole as allowed', {...whole('1'), cut: 'may'}, {status: 200, body: '1', cut: false}, undefined],
    ['whole but must not', {...whole('1'), cut: 'must'}, {status: 200, body: '1', cut: false}, /complete/],
  ]
  for (const [name, expected, seen, says] of rows)
    test(name, () => {
      const found = violation(expected, seen)
      if (says === undefined) assert.equal(found, undefined)
      else assert.match(found ?? '', says)
    })
})

describe('guestKey', () => {
  test('differs from recipe to recipe and stays the same', async () => {
    const keys = await Promise.all(RECIPES.map(guestKey))
    assert.equal(new Set(keys).size, RECIPES.length)
    assert.deepEqual(await Promise.all(RECIPES.map(guestKey)), keys)
  })

  test('follows names and contents of all files, wherever the folder lies', async () => {
    const write = async (files: Readonly<Record<string, string>>): Promise<string> => {
      const dir = await folder()
      await mkdir(join(dir, 'src'))
      for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content)
      return dir
    }
    const key = (dir: string, ...extra: string[]): Promise<string> => hashFiles([dir], extra)
    const dir = await write({a: 'one', 'src/b': 'two'})
    const base = await key(dir)
    assert.match(base, /^[0-9a-f]{16}$/)
    assert.equal(await key(await write({'src/b': 'two', a: 'one'})), base)
    assert.notEqual(await key(await write({a: 'one', 'src/b': 'two!'})), base)
    assert.notEqual(await key(await write({a: 'onetwo', 'src/b': ''})), base)
    assert.notEqual(await key(dir, 'jco 2'), base)
    await rename(join(dir, 'a'), join(dir, 'c'))
    assert.notEqual(await key(dir), base)
  })
})

describe('guest', () => {
  for (const recipe of RECIPES) {
    test(`${recipe.name}: without programs it says what to install, or needs none`, async () => {
      const tools = await recipe.find({PATH: ''})
      // A package of the project itself is found without the PATH.
      if (recipe.name === 'assemblyscript' && !isSkip(tools)) return
      assert.ok(isSkip(tools))
      assert.match(tools.skip, /not found; install: \S/)
      const env = {PATH: '', MAYFLY_GUEST_CACHE: await folder()}
      assert.deepEqual(await guest(recipe.name, {env}), tools)
    })
  }

  test('a toolchain of another version is named', async () => {
    const dir = await folder()
    await fakeProgram(dir, 'wit-bindgen', 'wit-bindgen-cli 0.63.0')
    await fakeProgram(dir, 'zig', '0.11.0')
    const made = await guest('c', {env: {PATH: dir, MAYFLY_GUEST_CACHE: dir}})
    assert.ok(isSkip(made))
    assert.match(made.skip, /zig 0\.17 \(there is 0\.11\.0\) not found; install: pip install ziglang/)
  })

  test('a slow one is built only when asked for', async () => {
    const dir = await folder()
    await fakeProgram(dir, 'wit-bindgen', 'wit-bindgen-cli 0.63.0')
    await fakeProgram(dir, 'zig', '0.17.1')
    const made = await guest('zig', {env: {PATH: dir, MAYFLY_GUEST_CACHE: dir}})
    assert.ok(isSkip(made))
    assert.match(made.skip, /takes long to build; run: node test\/guests\/build-all\.ts zig/)
  })

  test('MAYFLY_GUEST_BUILD=none serves what is in the cache and nothing else', async () => {
    const env = {...process.env, MAYFLY_GUEST_BUILD: 'none', MAYFLY_GUEST_CACHE: await folder()}
    assert.ok(isSkip(await guest('c', {env})))
    const path = join(env.MAYFLY_GUEST_CACHE, `c-${await guestKey(RECIPES.find(r => r.name === 'c')!)}.wasm`)
    await writeFile(path, 'cached')
    assert.deepEqual(await guest('c', {env}), {path})
  })

  test('a toolchain that fails is an error with what it printed, and leaves nothing', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'wit-bindgen'), '#!/bin/sh\necho "cannot bind" >&2\nexit 3\n')
    await chmod(join(dir, 'wit-bindgen'), 0o755)
    await fakeProgram(dir, 'zig', '0.17.1')
    const cache = await folder()
    const made = guest('c', {env: {PATH: dir, MAYFLY_GUEST_CACHE: cache}})
    await assert.rejects(made, /wit-bindgen c .*: exit code 3\n\s*cannot bind$/)
    assert.deepEqual(await readdir(cache), ['.build'])
  })

  test('a name that nobody has is an error', async () => {
    await assert.rejects(guest('cobol'), /no guest "cobol"; there are assemblyscript,/)
  })
})

describe('cacheDir', () => {
  const rows: ReadonlyArray<[Record<string, string>, string]> = [
    [{MAYFLY_GUEST_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h'}, '/c'],
    [{XDG_CACHE_HOME: '/x', HOME: '/h'}, '/x/mayfly/guests'],
    [{HOME: '/h'}, '/h/.cache/mayfly/guests'],
  ]
  for (const [env, dir] of rows)
    test(`${Object.keys(env)[0]} -> ${dir}`, () => assert.equal(cacheDir(env), dir))
})

describe('buildOnce', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

  test('builds once for all who ask at the same time', async () => {
    const file = join(await folder(), 'deep', 'a.wasm')
    let builds = 0
    const make = async (): Promise<Uint8Array> => {
      builds++
      await sleep(20)
      return bytes('made')
    }
    const paths = await Promise.all(Array.from({length: 8}, () => buildOnce(file, make)))
    assert.deepEqual(new Set(paths), new Set([file]))
    assert.equal(builds, 1)
    assert.deepEqual(await readdir(join(file, '..')), ['a.wasm'])
  })

  test('a failure is not kept: the next one builds', async () => {
    const file = join(await folder(), 'a.wasm')
    await assert.rejects(
      buildOnce(file, () => Promise.reject(new Error('no'))),
      /no/,
    )
    assert.deepEqual(await readdir(join(file, '..')), [])
    await buildOnce(file, async () => bytes('made'))
    assert.equal(await readFile(file, 'utf8'), 'made')
  })

  test('the lock of a process that died is taken over', async () => {
    const file = join(await folder(), 'a.wasm')
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    await writeFile(`${file}.lock`, String(dead))
    await buildOnce(file, async () => bytes('made'))
    assert.equal(await exists(`${file}.lock`), false)
  })

  test('the lock of a process that lives is waited for', async () => {
    const file = join(await folder(), 'a.wasm')
    await writeFile(`${file}.lock`, String(process.pid))
    let built = false
    const asked = buildOnce(file, async () => {
      built = true
      return bytes('second')
    })
    await sleep(150)
    await writeFile(file, 'first')
    await rm(`${file}.lock`)
    await asked
    assert.equal(built, false)
    assert.equal(await readFile(file, 'utf8'), 'first')
  })
})

describe('programs', () => {
  test('the first on the PATH is taken, by any of its names', async () => {
    const [one, two] = [await folder(), await folder()]
    await fakeProgram(one, 'python-zig', '')
    await fakeProgram(two, 'zig', '')
    await writeFile(join(one, 'zig'), 'cannot be executed')
    assert.equal(await program({PATH: `${one}:${two}`}, 'zig', 'python-zig'), join(one, 'python-zig'))
    assert.equal(await program({PATH: ''}, 'zig'), undefined)
    assert.equal(await program({}, 'zig'), undefined)
  })

  test('of a failing step the last lines are shown', async () => {
    const script = 'for (let i = 0; i < 99; i++) console.error("line " + i); process.exit(2)'
    await assert.rejects(run(process.execPath, ['-e', script], {cwd: scratch, env: process.env}), error => {
      const lines = (error as Error).message.split('\n')
      return lines[0]!.endsWith('exit code 2') && lines.at(-1) === 'line 98' && lines.length === 31
    })
  })
})
