// test/run.ts: `npm test [NAME...]`: all test files, or those whose path holds one of the names.
import {spawn} from 'node:child_process'
import {globSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

/** More would make the machine, not the code, decide about tests that wait for processes. */
const CONCURRENCY = 2
/** What workers are started with, but for the heap's size: many test processes run at once. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--no-force-async-hooks-checks']

const root = fileURLToPath(new URL('..', import.meta.url))
const names = process.argv.slice(2)
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], {cwd: root})
  .filter(file => names.length === 0 || names.some(name => file.includes(name)))
  .sort()

if (files.length === 0) {
  console.error(`no test file's path holds ${names.join(' or ')}`)
  process.exitCode = 1
} else {
  const runner = ['--test', `--test-concurrency=${CONCURRENCY}`, '--test-reporter=spec']
  const child = spawn(process.execPath, [...NODE_FLAGS, ...runner, ...files], {cwd: root, stdio: 'inherit'})
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 1
  })
}
