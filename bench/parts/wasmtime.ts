// bench/parts/wasmtime.ts: wasmtime serve, for comparison, where it is installed.
import {execFileSync} from 'node:child_process'
import {basename, join} from 'node:path'
import {wasmtime} from '../../test/wasmtime.ts'
import type {Subject} from './subjects.ts'

export type Wasmtime = Readonly<{program: string; version: string}>

/** Settings that must be the same when a component is compiled and when it is served. */
export const WASMTIME_MODES = {
  defaults: [],
  tuned: [
    'pooling-allocator=y',
    'pooling-memory-keep-resident=33554432',
    'pooling-table-keep-resident=1048576',
    'pooling-async-stack-keep-resident=1048576',
    'pooling-pagemap-scan=y',
    'pooling-decommit-batch-size=32',
  ],
} as const

export type WasmtimeMode = keyof typeof WASMTIME_MODES

export function findWasmtime(): Wasmtime | undefined {
  if (wasmtime === undefined) return undefined
  return {program: wasmtime, version: execFileSync(wasmtime, ['--version'], {encoding: 'utf8'}).trim()}
}

const flags = (mode: WasmtimeMode): string[] => WASMTIME_MODES[mode].flatMap(option => ['-O', option])

/** Compiles ahead of time; takes many seconds for a large component. */
export function precompile({program}: Wasmtime, {path}: Subject, mode: WasmtimeMode, dir: string): string {
  const out = join(dir, `${basename(path, '.wasm')}-${mode}.cwasm`)
  execFileSync(program, ['compile', ...flags(mode), path, '-o', out], {stdio: 'inherit'})
  return out
}

export const serveArgv = ({program}: Wasmtime, compiled: string, mode: WasmtimeMode): readonly string[] => [
  program,
  'serve',
  ...flags(mode),
  ...['-S', 'cli', '--allow-precompiled', '--addr', '127.0.0.1:0', compiled],
]
