import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import type {Report} from './bomb-child.ts'
import {BOMBS} from './bombs.ts'

const run = promisify(execFile)

/** A hundred times what it takes; only what hangs takes longer. */
const HANG_MS = 300_000

/** Runs all bombs in one process, which has no more heap than small components need. */
async function explode(count: number, heapMb: number): Promise<Report[]> {
  const child = fileURLToPath(new URL('./bomb-child.ts', import.meta.url))
  const flags = ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${heapMb}`]
  const {stdout} = await run(process.execPath, [...flags, child, `${count}`], {
    timeout: HANG_MS,
    maxBuffer: 2 ** 24,
  }).catch(error => error as {stdout: string})
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
    .filter(report => 'verdict' in report)
}

const reports = await explode(1000, 192)

test('what describes much in few bytes is refused or runs, in the memory that small components need', () => {
  assert.deepEqual(
    reports.map(({name}) => name),
    BOMBS.map(({name}) => name),
    'the process survives all',
  )
  for (const {name, verdict} of reports) assert.ok(!verdict.startsWith('!'), `${name}: ${verdict}`)
})

test('what would double with a few more bytes is refused', () => {
  const verdicts = new Map(reports.map(({name, verdict}) => [name, verdict]))
  for (const {name, doubles} of BOMBS)
    if (doubles) assert.match(verdicts.get(name) ?? 'none', /^(VALIDATE_INVALID|LINK_UNSUPPORTED)$/, name)
})
