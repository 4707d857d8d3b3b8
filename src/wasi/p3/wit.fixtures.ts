// wasi/p3/wit.fixtures.ts: for tests: a component that imports all that WASI's WIT files say, with their types.
import fs from 'node:fs'
import {createRequire} from 'node:module'
import path from 'node:path'
import {componentEmbed} from '@bytecodealliance/jco'
import type {Component, Decl, Definition} from '../../engine/component/component.ts'
import {decodeComponent} from '../../engine/component/decode.ts'
import {Reader} from '../../engine/core/reader.ts'

const jco = path.dirname(path.dirname(createRequire(import.meta.url).resolve('@bytecodealliance/jco')))

function builtin(version: string): string {
  for (const root of [jco, path.dirname(jco)]) {
    const found = path.join(root, 'lib/wit/builtin', version)
    if (fs.existsSync(found)) return found
  }
  throw new Error(`no WIT of ${version} in ${jco}`)
}

/** WASI 0.3's packages, each with its own braces, as text. */
export const wit03 = (): string =>
  fs
    .readdirSync(builtin('0.3.0'))
    .sort()
    .map(name => fs.readFileSync(path.join(builtin('0.3.0'), name, 'package.wit'), 'utf8'))
    .map(text => `${text.replace(/^package ([^;]*);$/m, 'package $1 {')}\n}\n`)
    .join('\n')

/**
 * A component that imports `interfaces` ('wasi:cli/exit@0.3.0'), whole. WIT tools write a world as the type of a component
 * into a module; the same declarations are made a component's here.
 */
export async function componentImporting(wit: string, interfaces: readonly string[]): Promise<Component> {
  const world = `package local:all; world all { ${interfaces.map(name => `import ${name};`).join(' ')} }`
  const module = await componentEmbed({
    binary: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    witSource: `${world}\n${wit}`,
    world: 'all',
    stringEncoding: 'utf8',
  })
  const outer = decodeComponent(customSection(module, 'component-type'))
  const worldType = outer.definitions.find(each => each.kind === 'type' && each.type.kind === 'component')
  const [decl] = declsOf(worldType!)
  const definitions = declsOf(decl as Definition).filter(each => each.kind !== 'export')
  return {...outer, definitions: definitions as unknown as readonly Definition[]}
}

function declsOf(each: Definition | Decl): readonly Decl[] {
  if (each.kind !== 'type' || each.type.kind !== 'component')
    throw new Error(`no component type: ${each.kind}`)
  return each.type.decls
}

/** The content of the first custom section whose name begins so. */
function customSection(module: Uint8Array, prefix: string): Uint8Array {
  const reader = new Reader(module, {start: 8})
  while (!reader.done) {
    const id = reader.byte()
    const section = reader.sub(reader.u32())
    if (id === 0 && section.name().startsWith(prefix)) return section.take(section.end - section.position)
  }
  throw new Error(`no custom section ${prefix}`)
}
