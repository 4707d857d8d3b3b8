// cli/run.fixtures.ts: for tests: programs run by `mayfly run`, and by another runtime to compare with.
import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after} from 'node:test'
import {fileURLToPath} from 'node:url'
import {parse} from '@bytecodealliance/jco'
import {wasmtime} from '../../test/wasmtime.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/mayfly.js', import.meta.url))

/** Where programs are, and where they run. */
export const dir = mkdtempSync(join(tmpdir(), 'mayfly-run-'))
after(() => rmSync(dir, {recursive: true, force: true}))

/** Another runtime to compare with, where there is one. */
export const WASMTIME = wasmtime

export async function write(name: string, text: string): Promise<string> {
  const file = join(dir, name)
  writeFileSync(file, await parse(text))
  return file
}

export type Outcome = Readonly<{code: number | null; signal: string | null; stdout: Buffer; stderr: string}>

export const start = (program: string, args: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn(program, args, {cwd: dir, env: {...process.env, FROM_OUTSIDE: 'inherited'}})

export async function finish(
  child: ChildProcessWithoutNullStreams,
  stdin: Uint8Array | string = '',
): Promise<Outcome> {
  const [stdout, stderr]: Buffer[][] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => stdout!.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr!.push(chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const [code, signal] = await once(child, 'close')
  return {code, signal, stdout: Buffer.concat(stdout!), stderr: Buffer.concat(stderr!).toString()}
}

export const mayfly = (...args: string[]) => start(process.execPath, [LAUNCHER, 'run', ...args])
