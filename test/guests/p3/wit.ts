// guests/p3/wit.ts: core modules to components of WASI 0.3, by jco alone: the WIT world is given as text.
import {readdirSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {componentEmbed, componentNew} from '@bytecodealliance/jco'
import {npmPackage} from '../toolchain.ts'

const WASI_VERSION = '0.3.0'

/** A world that includes wasi:http's, under the name that all recipes use. */
export const worldText = (name: 'service' | 'middleware'): string =>
  `package local:app;\nworld app {\n  include wasi:http/${name}@${WASI_VERSION};\n}\n`

/** `world` and every package it needs as one WIT text, with nested packages. */
export function witSource(world: string): string {
  const jco =
    npmPackage('@bytecodealliance/jco') ??
    dirname(dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/jco'))))
  const builtin = join(jco, 'lib', 'wit', 'builtin', WASI_VERSION)
  return [
    world,
    ...readdirSync(builtin)
      .sort()
      .map(name => readFileSync(join(builtin, name, 'package.wit'), 'utf8'))
      .map(text => `${text.replace(/^package ([^;]*);$/m, 'package $1 {')}\n}\n`),
  ].join('\n')
}

/** A component of the world `app` from a core module that follows the names of the canonical ABI. */
export async function wrapCore3(core: Uint8Array, options: {world?: string} = {}): Promise<Uint8Array> {
  const {world} = options
  const module =
    world === undefined
      ? core
      : await componentEmbed({
          binary: core,
          witSource: witSource(world),
          world: 'app',
          stringEncoding: 'utf8',
        })
  return componentNew(module, [])
}
