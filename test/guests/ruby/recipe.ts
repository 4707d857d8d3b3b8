import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {parse, print} from '@bytecodealliance/jco'
import {type Build, missing, recipe} from '../recipe.ts'
import {npmPackage, program, run} from '../toolchain.ts'
import {wrapCore} from '../wit.ts'

type RubyTools = Readonly<{clang: string; npm: string; merge: string}>

const INTERPRETER = '@ruby/3.4-wasm-wasi'
const VERSION = '2.10.1'

/** Low addresses are the far end of the interpreter's stack of 16 MiB. */
const SHIM_BASE = 8192
const SHIM_STACK = 16384

const FEATURES = [
  'bulk-memory',
  'mutable-globals',
  'sign-ext',
  'nontrapping-float-to-int',
  'multivalue',
  'reference-types',
]

/** The shim as a module that works in the interpreter's memory. */
async function buildShim({dir, env}: Build, clang: string): Promise<void> {
  const boot = await readFile(join(dir, 'boot.rb'), 'utf8')
  await writeFile(
    join(dir, 'boot.inc'),
    boot
      .split('\n')
      .map(line => JSON.stringify(`${line}\n`))
      .join('\n'),
  )
  const link = [
    '--no-entry',
    '--import-memory',
    `--global-base=${SHIM_BASE}`,
    `-z,stack-size=${SHIM_STACK}`,
    '--no-stack-first',
    '--strip-all',
  ].map(option => `-Wl,${option}`)
  const compile = ['--target=wasm32-unknown-unknown', '-O2', '-mbulk-memory', '-nostdlib', '-fno-builtin']
  await run(clang, [...compile, ...link, '-o', 'shim0.wasm', 'shim.c'], {cwd: dir, env})
  const text = await print(await readFile(join(dir, 'shim0.wasm')))
  await writeFile(
    join(dir, 'shim.wasm'),
    await parse(text.replace('(import "env" "memory"', '(import "ruby" "memory"')),
  )
}

export const ruby = recipe<RubyTools>({
  name: 'ruby',
  language: 'Ruby',
  slow: true,

  async find(env) {
    const clang = await program(env, 'clang-22')
    if (clang === undefined)
      return missing('clang-22', 'apt-get install --no-install-recommends clang-22 lld-22')
    const npm = await program(env, 'npm')
    if (npm === undefined) return missing('npm', 'npm, to fetch the interpreter')
    const binaryen = npmPackage('binaryen')
    return binaryen === undefined
      ? missing('wasm-merge', 'npm install (it comes with jco)')
      : {clang, npm, merge: join(binaryen, 'bin', 'wasm-merge')}
  },

  async build(build, {clang, npm, merge}) {
    const {dir, keep, env} = build
    const store = join(keep, 'ruby')
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-save']
    await run(npm, ['install', ...quiet, '--prefix', store, `${INTERPRETER}@${VERSION}`], {cwd: keep, env})
    await buildShim(build, clang)
    for (const stub of ['js-host', 'handles'])
      await writeFile(
        join(dir, `${stub}.wasm`),
        await parse(await readFile(join(dir, `${stub}.wat`), 'utf8')),
      )
    const interpreter = join(store, 'node_modules', INTERPRETER, 'dist', 'ruby+stdlib.wasm')
    const modules = [
      ...[interpreter, 'ruby', 'shim.wasm', 'shim'],
      ...['js-host.wasm', 'rb-js-abi-host', 'handles.wasm', 'canonical_abi'],
    ]
    const options = ['--rename-export-conflicts', ...FEATURES.map(feature => `--enable-${feature}`)]
    await run(process.execPath, [merge, ...modules, '-o', 'core.wasm', ...options], {cwd: dir, env})
    return wrapCore(await readFile(join(dir, 'core.wasm')), {embed: true, adapter: true})
  },
})
