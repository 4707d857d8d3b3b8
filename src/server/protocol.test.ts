import assert from 'node:assert/strict'
import {test} from 'node:test'
import {MayflyError, MayflyErrors} from '../base/errors.ts'
import {fromPlainErrors, toPlainErrors} from './protocol.ts'

const travel = (thrown: unknown): MayflyError | MayflyErrors =>
  fromPlainErrors(structuredClone(toPlainErrors(thrown)))

test('an error arrives as it was sent', () => {
  const sent = new MayflyError('PORT_IN_USE', {host: 'h', port: 1}, {at: {file: 'x', line: 2}})
  const got = travel(sent)
  assert(got instanceof MayflyError)
  for (const key of ['code', 'message', 'hint', 'exitCode', 'at'] as const)
    assert.deepEqual(got[key], sent[key])
})

test('several errors arrive in their order', () => {
  const got = travel(
    new MayflyErrors([
      new MayflyError('TRAP_CORE', {reason: 'a'}),
      new MayflyError('TRAP_HOST', {reason: 'b'}),
    ]),
  )
  assert(got instanceof MayflyErrors)
  assert.deepEqual(
    got.errors.map(({code}) => code),
    ['TRAP_CORE', 'TRAP_HOST'],
  )
})

test('anything else arrives as INTERNAL, with its stack', () => {
  const got = travel(new TypeError('boom'))
  assert(got instanceof MayflyError)
  assert.equal(got.code, 'INTERNAL')
  assert.match(got.message, /TypeError: boom\n.*protocol\.test/)
  assert.equal((travel('text') as MayflyError).message, 'text')
})
