import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {
  badDiscriminant,
  badLabel,
  bitsFromF32,
  bitsFromF64,
  charFromCode,
  codeFromChar,
  f32FromBits,
  f64FromBits,
} from './values.ts'

test('chars are Unicode scalar values', () => {
  for (const code of [0, 0x41, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff])
    assert.equal(codeFromChar(charFromCode(code)), code)
  for (const code of [0xd800, 0xdbff, 0xdc00, 0xdfff, 0x110000, 0xffffffff])
    assert.throws(() => charFromCode(code), {code: 'TRAP_BAD_VALUE'}, code.toString(16))
  for (const text of ['', 'ab', '\ud800', '\udc00', '𝄞a', '\ud800a', 'a\u0301'])
    assert.throws(() => codeFromChar(text), {code: 'TRAP_BAD_VALUE'}, JSON.stringify(text))
})

test('floats go through integers and back', () => {
  fc.assert(fc.property(fc.float(), value => assert.deepEqual(f32FromBits(bitsFromF32(value)), value)))
  fc.assert(fc.property(fc.double(), value => assert.deepEqual(f64FromBits(bitsFromF64(value)), value)))
  assert.equal(bitsFromF32(f32FromBits(0x7fa00001)), 0x7fc00000)
  assert.equal(bitsFromF64(f64FromBits(-1n)), 0x7ff8000000000000n)
})

test('what is not of its type is named', () => {
  assert.throws(() => badDiscriminant(7, 3), /case 7 of a variant that has 3/)
  assert.throws(() => badLabel('x', ['a', 'b']), /gave "x" where one of a, b is due/)
  assert.throws(() => badLabel(undefined, ['a']), {code: 'TRAP_BAD_VALUE'})
})
