import {test} from 'node:test'
import {RUNTIMES} from './runtimes.ts'
import {runCase} from './session.ts'
import {casesIn} from './spec.ts'

const directory = process.env['MAYFLY_WASI_TESTSUITE']

if (directory === undefined) {
  const skip =
    'set MAYFLY_WASI_TESTSUITE to the tests of WebAssembly/wasi-testsuite, branch prod/testsuite-base, which holds them built'
  test('the WASI test suite', {skip}, () => {})
} else
  for (const each of casesIn(directory))
    test(each.name, async () => {
      const {passed, reason} = await runCase(each, RUNTIMES['mayfly']!)
      if (!passed) throw new Error(reason)
    })
