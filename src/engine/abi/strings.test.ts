import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import type {StringEncoding} from '../component/component.ts'
import {testMemory} from './abi.fixtures.ts'
import {GuestMemory} from './memory.ts'
import {LOAD_STRING, MAX_STRING_BYTE_LENGTH, narrowTag, STORE_STRING, widenTag} from './strings.ts'

const ENCODINGS: readonly StringEncoding[] = ['utf8', 'utf16', 'latin1+utf16']
const TAG = 2 ** 31

test('strings are stored as the encoding says, with one allocation of the exact size', () => {
  const table: [StringEncoding, string, bytes: string, second: number, align: number][] = [
    ['utf8', '', '', 0, 1],
    ['utf8', 'aé☃𝄞', '61c3a9e29883f09d849e', 10, 1],
    ['utf16', 'a☃𝄞', '6100032634d81edd', 4, 2],
    ['latin1+utf16', 'aé', '61e9', 2, 2],
    ['latin1+utf16', 'aé☃', '6100e9000326', TAG + 3, 2],
  ]
  for (const [encoding, text, bytes, second, align] of table) {
    const {memory, allocate, asked} = testMemory()
    const ptr = STORE_STRING[encoding](memory, allocate, text)
    assert.equal(Buffer.from(memory.u8.slice(ptr, ptr + bytes.length / 2)).toString('hex'), bytes, text)
    assert.equal(memory.storedLength, second, text)
    assert.deepEqual(asked, [[align, bytes.length / 2]], text)
    assert.equal(LOAD_STRING[encoding](memory, ptr, second), text)
  }
})

test('what is stored is loaded again, long or short, whatever the planes', () => {
  const latin1 = fc.string({unit: fc.integer({min: 0, max: 255}).map(code => String.fromCharCode(code))})
  const text = fc.oneof(fc.string({unit: 'binary', maxLength: 60}), fc.string({maxLength: 60}), latin1)
  for (const encoding of ENCODINGS)
    fc.assert(
      fc.property(text, each => {
        const {memory, allocate} = testMemory()
        const ptr = STORE_STRING[encoding](memory, allocate, each)
        assert.equal(LOAD_STRING[encoding](memory, ptr, memory.storedLength), each)
      }),
    )
})

test('lone surrogates of a host become replacement characters', () => {
  for (const encoding of ENCODINGS) {
    const {memory, allocate} = testMemory()
    const ptr = STORE_STRING[encoding](memory, allocate, 'a\ud800b\udc00')
    assert.equal(LOAD_STRING[encoding](memory, ptr, memory.storedLength), 'a\ufffdb\ufffd', encoding)
  }
})

test('a byte order mark is a character like any other', () => {
  for (const encoding of ENCODINGS) {
    const {memory, allocate} = testMemory()
    const ptr = STORE_STRING[encoding](memory, allocate, '\ufeffabc, and what makes it long enough')
    assert.equal(LOAD_STRING[encoding](memory, ptr, memory.storedLength).charCodeAt(0), 0xfeff, encoding)
  }
})

test('hostile pointers and lengths trap', () => {
  const table: [StringEncoding, ptr: number, length: number, code: string][] = [
    ['utf8', 65_536, 1, 'TRAP_OUT_OF_BOUNDS'],
    ['utf8', 65_537, 0, 'TRAP_OUT_OF_BOUNDS'],
    ['utf8', 0xffffffff, 0xffffffff, 'TRAP_OUT_OF_BOUNDS'],
    ['utf8', 0, 65_537, 'TRAP_OUT_OF_BOUNDS'],
    ['utf8', 0, MAX_STRING_BYTE_LENGTH + 1, 'TRAP_OUT_OF_BOUNDS'],
    ['utf16', 1, 0, 'TRAP_MISALIGNED'],
    ['utf16', 65_536, 1, 'TRAP_OUT_OF_BOUNDS'],
    ['utf16', 0, 32_769, 'TRAP_OUT_OF_BOUNDS'],
    ['utf16', 0, 0xffffffff, 'TRAP_OUT_OF_BOUNDS'],
    ['latin1+utf16', 1, 0, 'TRAP_MISALIGNED'],
    ['latin1+utf16', 0, 65_537, 'TRAP_OUT_OF_BOUNDS'],
    ['latin1+utf16', 0, TAG + 32_769, 'TRAP_OUT_OF_BOUNDS'],
    ['latin1+utf16', 0, 0xffffffff, 'TRAP_OUT_OF_BOUNDS'],
    ['utf8', 0, 2 ** 63, 'TRAP_OUT_OF_BOUNDS'],
  ]
  for (const [encoding, ptr, length, code] of table)
    assert.throws(
      () => LOAD_STRING[encoding](testMemory().memory, ptr, length),
      {code},
      `${encoding} ${ptr} ${length}`,
    )
})

test('bytes that are no text trap', () => {
  const table: [StringEncoding, hex: string, length: number][] = [
    ['utf8', 'ff', 1],
    ['utf8', 'c3', 1],
    ['utf8', 'c080', 2],
    ['utf8', 'eda080', 3],
    ['utf8', 'f4908080', 4],
    ['utf16', '00d8', 1],
    ['utf16', '00dc', 1],
    ['utf16', '00dc00d8', 2],
    ['latin1+utf16', '00d8', TAG + 1],
  ]
  for (const [encoding, hex, length] of table) {
    const {memory} = testMemory()
    memory.u8.set(Buffer.from(hex, 'hex'))
    assert.throws(() => LOAD_STRING[encoding](memory, 0, length), {code: 'TRAP_BAD_VALUE'}, hex)
  }
})

test('strings lie anywhere in a memory of more than 4 GiB, also where code has run often', () => {
  const wasm = new WebAssembly.Memory({address: 'i64', initial: 65_538n})
  const memory = new GuestMemory(wasm, new WebAssembly.Global({value: 'i64', mutable: true}, 65_538n))
  const far = 2 ** 32 + 65_536
  const passes = (encoding: StringEncoding, ptr: number, text: string): void => {
    assert.equal(
      STORE_STRING[encoding](memory, () => ptr, text),
      ptr,
    )
    assert.equal(LOAD_STRING[encoding](memory, ptr, memory.storedLength), text)
  }
  for (const encoding of ENCODINGS)
    for (const ptr of [64, far - 65_540, far]) {
      for (const text of ['', 'a butterfly', '🦋 and what makes it long enough']) passes(encoding, ptr, text)
      // Node has another implementation of what writes a string for code that runs often.
      for (let i = 0; i < 20_000; i++) passes(encoding, ptr, 'größer')
    }
})

test('tags of 64-bit lengths lie in the highest bit', () => {
  for (const [wide, narrow] of [
    [5n, 5],
    [(1n << 63n) + 5n, TAG + 5],
    [1n << 63n, TAG],
  ] as const) {
    assert.equal(narrowTag(wide), narrow)
    assert.equal(narrowTag(BigInt.asIntN(64, wide)), narrow)
    assert.equal(widenTag(narrow), wide)
  }
  assert.ok(
    narrowTag(TAG_IN_64) < TAG && narrowTag(TAG_IN_64) > MAX_STRING_BYTE_LENGTH,
    'too long stays too long',
  )
})

const TAG_IN_64 = (1n << 31n) + 5n
