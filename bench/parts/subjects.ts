// bench/parts/subjects.ts: the components that are measured.
import {execFileSync} from 'node:child_process'
import {statSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {guest} from '../../test/guests/guests.ts'

export const MAYFLY = fileURLToPath(new URL('../../bin/mayfly.js', import.meta.url))
const HELLO = fileURLToPath(new URL('../apps/hello.ts', import.meta.url))

/** Best known languages first; the last one is text and always there. */
const SMALL = ['rust', 'c-clang', 'c', 'assemblyscript', 'zig', 'wat/hello']
const SMALL_BYTES = 100_000

export type Subject = Readonly<{name: string; path: string; byteLength: number}>

const subject = (name: string, path: string): Subject => ({name, path, byteLength: statSync(path).size})

/** The JavaScript hello, built now from its source, as a user would. */
export function buildHello(dir: string): Subject {
  const path = join(dir, 'hello.wasm')
  execFileSync(process.execPath, [MAYFLY, 'build', HELLO, '-o', path], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return subject('JavaScript hello', path)
}

/** A component of less than 100 kB: `wanted`, or the first that is in the cache of test/guests. */
export async function smallComponent(wanted?: string): Promise<Subject> {
  for (const name of wanted === undefined ? SMALL : [wanted]) {
    const found = await guest(name, {env: {...process.env, MAYFLY_GUEST_BUILD: 'none'}})
    if ('skip' in found) continue
    const small = subject(`${name} hello`, found.path)
    if (wanted !== undefined || small.byteLength < SMALL_BYTES) return small
  }
  throw new Error(`no component ${wanted} in the cache; build it by: node test/guests/build-all.ts ${wanted}`)
}

export const sizeOf = ({byteLength}: Subject): string =>
  byteLength >= 1e6 ? `${(byteLength / 1e6).toFixed(0)} MB` : `${(byteLength / 1e3).toFixed(0)} kB`
