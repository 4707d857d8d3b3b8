// test/wasi-suite/run.ts: `node test/wasi-suite/run.ts DIRECTORY [NAME...]` runs the tests of WebAssembly/wasi-testsuite
// below a directory, those whose name holds one of the names, and prints a table. RUNTIME=wasmtime runs another runtime.
import {RUNTIMES} from './runtimes.ts'
import {runCase} from './session.ts'
import {casesIn} from './spec.ts'

const [directory, ...names] = process.argv.slice(2)
const runtime = RUNTIMES[process.env['RUNTIME'] ?? 'mayfly']

if (directory === undefined || runtime === undefined) {
  console.error('usage: node test/wasi-suite/run.ts DIRECTORY [NAME...]')
  process.exitCode = 2
} else {
  const chosen = casesIn(directory).filter(
    test => names.length === 0 || names.some(name => test.name.includes(name)),
  )
  let passed = 0
  for (const test of chosen) {
    const verdict = await runCase(test, runtime)
    if (verdict.passed) passed++
    console.log(`${verdict.passed ? 'pass' : 'FAIL'}  ${test.name}`)
    if (!verdict.passed) console.log(verdict.reason.replace(/^/gm, '      '))
  }
  console.log(`${passed} of ${chosen.length} pass`)
  process.exitCode = passed === chosen.length ? 0 : 1
}
