import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import fc from 'fast-check'
import {MayflyError} from '../../base/errors.ts'
import {decodeCoreModule} from './module-decode.ts'

const decode = async (text: string) => decodeCoreModule(await parse(text))

describe('decodeCoreModule', () => {
  test('resolves the types of imports', async () => {
    const {imports} = await decode(`(module
      (import "a" "f" (func (param i32 f64) (result i64)))
      (import "a" "t" (table 1 9 externref))
      (import "a" "t64" (table i64 1 funcref))
      (import "a" "m" (memory 2 3))
      (import "a" "m64" (memory i64 5))
      (import "a" "g" (global (mut v128)))
      (import "b" "e" (tag (param i32))))`)
    const limits = {shared: false, address: 'i32', max: undefined}
    assert.deepEqual(
      imports.map(({module, name, type}) => [`${module}.${name}`, type]),
      [
        ['a.f', {kind: 'func', signature: {params: ['i32', 'f64'], results: ['i64']}, typeIndex: 0}],
        ['a.t', {kind: 'table', element: 'externref', limits: {...limits, min: 1n, max: 9n}}],
        ['a.t64', {kind: 'table', element: 'funcref', limits: {...limits, min: 1n, address: 'i64'}}],
        ['a.m', {kind: 'memory', limits: {...limits, min: 2n, max: 3n}, pageSizeLog2: 16}],
        ['a.m64', {kind: 'memory', limits: {...limits, min: 5n, address: 'i64'}, pageSizeLog2: 16}],
        ['a.g', {kind: 'global', type: 'v128', mutable: true}],
        ['b.e', {kind: 'tag', signature: {params: ['i32'], results: []}, typeIndex: 1}],
      ],
    )
  })

  test('exports count imported items first, and look through recursion groups', async () => {
    const module = await decode(`(module
      (rec (type $node (struct (field (mut i8)) (field (ref null $node)))) (type $f (func (param (ref null $node)))))
      (type $sub (sub (array (mut i16))))
      (type $more (sub $sub (array (mut i16))))
      (import "a" "f" (func (result i32)))
      (global $g (ref null any) (ref.null any))
      (table $t 3 (ref func) (ref.func $own))
      (func $own (export "own") (type $f))
      (export "again" (func 0))
      (export "g" (global $g))
      (export "t" (table $t)))`)
    assert.deepEqual(
      module.exports.map(({name, index, type}) => [name, index, type]),
      [
        ['own', 1, {kind: 'func', signature: {params: ['(ref null 0)'], results: []}, typeIndex: 1}],
        ['again', 0, {kind: 'func', signature: {params: [], results: ['i32']}, typeIndex: 4}],
        ['g', 0, {kind: 'global', type: 'anyref', mutable: false}],
        [
          't',
          0,
          {
            kind: 'table',
            element: '(ref func)',
            limits: {min: 3n, max: undefined, shared: false, address: 'i32'},
          },
        ],
      ],
    )
    assert.deepEqual(module.types[0], {
      kind: 'struct',
      fields: [
        {type: 'i8', mutable: true},
        {type: '(ref null 0)', mutable: false},
      ],
    })
    assert.deepEqual(module.types[3], {kind: 'array', field: {type: 'i16', mutable: true}})
    assert.deepEqual(module.functions, [4, 1])
  })

  test('knows shared memories and custom page sizes', async () => {
    const {memories} = await decode('(module (memory 1 2 shared) (memory i64 4 (pagesize 1)))')
    assert.equal(memories[0]!.limits.shared, true)
    assert.equal(memories[1]!.pageSizeLog2, 0)
    assert.equal(memories[1]!.limits.min, 4n)
  })

  test('sections are given by place, custom ones by name too', async () => {
    const bytes = await parse('(module (@custom "note" "hi") (func))')
    const {sections} = decodeCoreModule(bytes)
    const note = sections.find(({name}) => name === 'note')!
    assert.equal(Buffer.from(bytes).subarray(note.start, note.end).toString(), '\x04notehi')
    assert.deepEqual(
      sections.filter(({id}) => id !== 0).map(({id}) => id),
      [1, 3, 10],
    )
  })

  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  for (const [what, bytes, at] of [
    ['no module', [1, 2, 3], 0],
    ['a component', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], 4],
    ['a section beyond the end', [...header, 1, 5, 0], 10],
    ['an unknown section', [...header, 77, 0], 8],
    ['sections out of order', [...header, 3, 1, 0, 1, 1, 0], 11],
    ['a section twice', [...header, 1, 1, 0, 1, 1, 0], 11],
    ['bytes left in a section', [...header, 1, 2, 0, 0], 11],
    ['a count that cannot be', [...header, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f], 10],
    ['an export of nothing', [...header, 7, 5, 1, 1, 0x61, 0, 0], 13],
  ] as const)
    test(`refuses ${what}, saying where`, () => {
      assert.throws(
        () => decodeCoreModule(Uint8Array.from(bytes), {byteOffset: 100}),
        (error: MayflyError) => error.code === 'DECODE_MALFORMED' && error.at?.byteOffset === 100 + at,
      )
    })

  test('damaged modules fail with DECODE_MALFORMED or decode, whatever the damage', async () => {
    const good =
      await parse(`(module (type (struct (field i32))) (import "a" "m" (memory 1 2)) (table 3 4 funcref)
      (global (mut i64) (i64.const 5)) (tag) (func (export "f") (param i32)) (start 0) (data (i32.const 1) "xyz"))`)
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, cut) => {
        const bytes = good.slice(0, Math.max(cut, at))
        bytes[at] = byte
        try {
          decodeCoreModule(bytes)
        } catch (error) {
          assert.ok(error instanceof MayflyError && error.code === 'DECODE_MALFORMED', String(error))
        }
      }),
      {numRuns: 500},
    )
  })
})
