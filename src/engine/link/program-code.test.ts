// engine/link/program-code.test.ts
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {setFlagsFromString} from 'node:v8'
import {checksum} from '../../base/checksum.ts'
import {ProgramCode} from './program-code.ts'

// V8 has what it compiled in this process at hand, and would not look at what it is given.
setFlagsFromString('--no-compilation-cache')

const SOURCE = '(function(one){"use strict";return function later(){return one + 1}})'
const make = (code: ProgramCode) => (code.run() as (one: number) => () => number)(1)

test('what was compiled of a program is of use to the same program', () => {
  const before = new ProgramCode(SOURCE)
  assert.equal(before.wasKnown, false)
  const called = make(before)
  const little = before.compiled()
  assert.equal(called(), 2)
  const known = before.compiled()
  assert.ok(known.code.length > little.code.length, 'functions that were called are in it')
  const after = new ProgramCode(SOURCE, known)
  assert.equal(after.wasKnown, true)
  assert.equal(make(after)(), 2)
})

test('flags that were set in the meantime do not matter', () => {
  const before = new ProgramCode(SOURCE)
  setFlagsFromString('--no-wasm-inlining')
  const known = before.compiled()
  assert.equal(new ProgramCode(SOURCE, known).wasKnown, false, 'they are others')
  setFlagsFromString('--wasm-inlining')
  assert.equal(new ProgramCode(SOURCE, known).wasKnown, true)
})

// Of the same length: V8 itself looks at nothing else.
test('of another program it is of no use', () => {
  const known = new ProgramCode(SOURCE).compiled()
  const other = new ProgramCode(SOURCE.replace('+ 1', '+ 5'), known)
  assert.equal(other.wasKnown, false)
  assert.equal(make(other)(), 6)
})

test('what is not as it was is not run, though V8 would', () => {
  const known = new ProgramCode(SOURCE).compiled()
  const code = known.code.slice()
  code[code.length - 1]! ^= 1
  const after = new ProgramCode(SOURCE, {...known, code})
  assert.equal(after.wasKnown, false)
  assert.equal(make(after)(), 2)
})

test('what V8 refuses is compiled', () => {
  const {source, code} = new ProgramCode(SOURCE).compiled()
  for (const wrong of [new Uint8Array(0), new Uint8Array(100), code.subarray(0, code.length / 2)]) {
    const after = new ProgramCode(SOURCE, {source, code: wrong, sum: checksum(wrong)})
    assert.equal(after.wasKnown, false)
    assert.equal(make(after)(), 2)
  }
})
