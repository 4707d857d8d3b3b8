import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {wasmtime} from '../../wasmtime.ts'
import {exists} from '../cache.ts'
import {program, run} from '../toolchain.ts'

const SOURCE = fileURLToPath(new URL('tour.c', import.meta.url))
const LAUNCHER = fileURLToPath(new URL('../../../bin/mayfly.js', import.meta.url))
const INPUT = Buffer.from('input '.repeat(20_000))

const EXPECTED = `[tour.wasm][one][-two] of the world
  first
  second
mkdir: ok
mkdir again: File exists
rename: ok
symlink: ok
  first
  second
missing: No such file or directory
escape: Operation not permitted
write a directory: Is a directory
rmdir: Directory not empty
1 1 13
utimens: ok
1234567891.987654321
10 1 truncate: ok
closed: Bad file descriptor
  first
  secoXd
removed 2
slept 1, epoch 1
poll 1 1
read 120000, sum ${INPUT.reduce((sum, byte) => sum + byte, 0)}
`

const dir = await mkdtemp(join(tmpdir(), 'mayfly-tour-'))
after(() => rm(dir, {recursive: true, force: true}))

const clang = await program(process.env, 'clang-22', 'clang')
const hasLibc = await exists('/usr/lib/wasm32-wasi/libc.a')
const skip = (clang === undefined || !hasLibc) && 'clang and wasi-libc for wasm32-wasi are not installed'

/** Runs it on a directory of its own; its output and its exit code. */
async function tour(command: string, before: readonly string[], between: readonly string[]) {
  const data = await mkdtemp(join(dir, 'data-'))
  const options = ['--dir', `${data}::/data`, '--env', 'TOUR=of the world']
  const args = [...before, ...options, 'tour.wasm', ...between, 'one', '-two']
  const child = spawn(command, args, {cwd: dir})
  const text = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  child.stdin.end(INPUT)
  const [code] = await once(child, 'close')
  assert.deepEqual(await readdir(data), [])
  return {code, ...text}
}

test('a C program runs as it does elsewhere', {skip}, async () => {
  await run(clang!, ['--target=wasm32-wasi', '-O1', '-o', 'tour.wasm', SOURCE], {cwd: dir, env: process.env})
  const outcome = await tour(process.execPath, [LAUNCHER, 'run'], ['--'])
  assert.deepEqual(outcome, {code: 7, stdout: EXPECTED, stderr: 'to stderr\n'})
  if (wasmtime === undefined) return
  assert.deepEqual(outcome, await tour(wasmtime, ['run'], []))
})
