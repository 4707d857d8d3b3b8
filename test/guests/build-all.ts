// guests/build-all.ts: `node test/guests/build-all.ts [names]` fills the cache, slow toolchains too.

import {readFile} from 'node:fs/promises'
import {componentWit} from '@bytecodealliance/jco'
import {ALL, guest} from './guests.ts'
import {isSkip} from './toolchain.ts'

/** 'wasi:io/{poll,streams}@0.2.12 …', from the component's own world. */
async function externs(path: string): Promise<string> {
  const wit = await componentWit(await readFile(path))
  const groups = new Map<string, string[]>()
  for (const [, kind, pkg, name, version] of wit.matchAll(
    /^ {2}(import|export) ([\w:-]+)\/([\w-]+)@([\d.]+);/gm,
  )) {
    const key = `${kind === 'export' ? '→ ' : ''}${pkg}@${version}`
    groups.set(key, [...(groups.get(key) ?? []), name ?? ''])
  }
  return [...groups].map(([key, names]) => `${key}{${names.join(',')}}`).join(' ')
}

async function report(name: string): Promise<boolean> {
  const start = performance.now()
  try {
    const made = await guest(name, {slow: true})
    if (isSkip(made)) {
      console.log(`${name.padEnd(16)} skipped: ${made.skip}`)
      return true
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const bytes = (await readFile(made.path)).length
    console.log(`${name.padEnd(16)} ${String(bytes).padStart(9)} B ${seconds.padStart(6)} s  ${made.path}`)
    console.log(`${' '.repeat(17)}${await externs(made.path)}`)
    return true
  } catch (error) {
    console.log(`${name.padEnd(16)} failed: ${error instanceof Error ? error.message : error}`)
    return false
  }
}

const asked = process.argv.slice(2)
let ok = true
for (const name of asked.length > 0 ? asked : ALL.map(recipe => recipe.name)) ok = (await report(name)) && ok
process.exitCode = ok ? 0 : 1
