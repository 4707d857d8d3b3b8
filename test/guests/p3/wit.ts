// guests/p3/wit.ts: core modules to components of WASI 0.3, by jco alone: the WIT world is given as text.
import {readdirSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {componentEmbed, componentNew} from '@bytecodealliance/jco'
import {npmPackage} from '../toolchain.ts'

const WASI_VERSION = '0.3.0'
const OLDER_VERSION = '0.2.12'

/** A world that includes wasi:http's and imports more besides, under the name that all recipes use. */
export const worldText = (name: 'service' | 'middleware', imports: readonly string[] = []): string =>
  `package local:app;\nworld app {\n  include wasi:http/${name}@${WASI_VERSION};\n${imports
    .map(each => `  import ${each};\n`)
    .join('')}}\n`

/** `world` and every package it needs as one WIT text, with nested packages. */
export function witSource(world: string): string {
  const jco =
    npmPackage('@bytecodealliance/jco') ??
    dirname(dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/jco'))))
  const packagesOf = (version: string): string[] => {
    const builtin = join(jco, 'lib', 'wit', 'builtin', version)
    return readdirSync(builtin)
      .sort()
      .map(name => readFileSync(join(builtin, name, 'package.wit'), 'utf8'))
      .map(text => `${text.replace(/^package ([^;]*);$/m, 'package $1 {')}\n}\n`)
  }
  const older = world.includes(`@${OLDER_VERSION}`) ? packagesOf(OLDER_VERSION) : []
  return [world, ...packagesOf(WASI_VERSION), ...older].join('\n')
}

/** What a release candidate differs in from the release. */
export const asCandidate = (text: string, candidate: string): string =>
  text.replaceAll(`@${WASI_VERSION}`, `@${candidate}`)

type WrapOptions = Readonly<{
  /** Unset where the module carries its world, as wit-bindgen's do. */
  world?: string
  /** The version of WASI that it names instead of the release. */
  candidate?: string | undefined
}>

/** A core module that carries the world `app`. */
export const embed3 = (
  core: Uint8Array,
  {world, candidate}: WrapOptions & Readonly<{world: string}>,
): Promise<Uint8Array> =>
  componentEmbed({
    binary: core,
    witSource: candidate === undefined ? witSource(world) : asCandidate(witSource(world), candidate),
    world: 'app',
    stringEncoding: 'utf8',
  })

/** A component of the world `app` from a core module that follows the names of the canonical ABI. */
export async function wrapCore3(core: Uint8Array, {world, candidate}: WrapOptions = {}): Promise<Uint8Array> {
  const module = world === undefined ? core : await embed3(core, {world, candidate})
  return componentNew(module, [])
}
