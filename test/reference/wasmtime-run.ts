// test/reference/wasmtime-run.ts: one call of a component in wasmtime.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {wasmtime} from '../wasmtime.ts'

/** What it has, but not by default. */
const FEATURES = [
  'component-model-async',
  'component-model-async-stackful',
  'component-model-fixed-length-lists',
  'component-model-map',
]
const FLAGS = FEATURES.flatMap(feature => ['-W', `${feature}=y`])

/** An outcome, and the command line that repeats it. */
export type Invoked = Readonly<{command: string; status: number | null; stdout: string; stderr: string}>

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

export function invoke(component: Uint8Array, call: string): Invoked {
  const dir = mkdtempSync(join(tmpdir(), 'mayfly-wasmtime-'))
  try {
    const file = join(dir, 'component.wasm')
    writeFileSync(file, component)
    const args = ['run', ...FLAGS, '--invoke', call]
    const {status, stdout, stderr, error} = spawnSync(wasmtime!, [...args, file], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
    if (error !== undefined) throw error
    const command = ['wasmtime', ...args.slice(0, -1), quoted(call), 'component.wat'].join(' ')
    return {command, status, stdout, stderr}
  } finally {
    rmSync(dir, {recursive: true})
  }
}
