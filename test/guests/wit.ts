// guests/wit.ts: from a core module to a component, by jco alone: the WIT world is given as text.

import {readdirSync, readFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {componentEmbed, componentNew, preview1AdapterReactorPath} from '@bytecodealliance/jco'
import {npmPackage} from './toolchain.ts'

export const WORLD = 'handler'
export const WORLD_FILE = fileURLToPath(new URL('wit/world.wit', import.meta.url))
const WASI_VERSION = '0.2.12'

function jcoPackage(): string {
  const entry = fileURLToPath(import.meta.resolve('@bytecodealliance/jco'))
  return npmPackage('@bytecodealliance/jco') ?? dirname(dirname(entry))
}

/** jco brings the WIT packages and the adapter, so its version is part of what a guest is made of. */
export function jcoVersion(): string {
  return JSON.parse(readFileSync(join(jcoPackage(), 'package.json'), 'utf8')).version
}

let source: string | undefined

/** The world and every package it needs as one WIT text, with nested packages. */
export function witSource(): string {
  const builtin = join(jcoPackage(), 'lib', 'wit', 'builtin', WASI_VERSION)
  return (source ??= [
    readFileSync(WORLD_FILE, 'utf8'),
    ...readdirSync(builtin)
      .sort()
      .map(name => readFileSync(join(builtin, name, 'package.wit'), 'utf8'))
      .map(text => `${text.replace(/^package ([^;]*);$/m, 'package $1 {')}\n}\n`),
  ].join('\n'))
}

/**
 * Wraps a core module that follows the names of the canonical ABI.
 * @param options.embed whether the world still has to be added; wit-bindgen's C object and Rust macro carry it
 * @param options.adapter whether the module uses WASI preview 1
 */
export async function wrapCore(
  core: Uint8Array,
  options: Readonly<{embed: boolean; adapter: boolean}>,
): Promise<Uint8Array> {
  const module = options.embed
    ? await componentEmbed({binary: core, witSource: witSource(), world: WORLD, stringEncoding: 'utf8'})
    : core
  const adapters: Array<[string, Uint8Array]> = options.adapter
    ? [['wasi_snapshot_preview1', await readFile(preview1AdapterReactorPath())]]
    : []
  return componentNew(module, adapters)
}
