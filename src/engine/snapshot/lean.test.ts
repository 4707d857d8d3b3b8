import assert from 'node:assert/strict'
import {existsSync, readFileSync} from 'node:fs'
import {describe, test} from 'node:test'
import fc from 'fast-check'
import {localsAt, opcodeSet, walkInstruction} from '../core/code.ts'
import {decodeCoreModule, SECTION, sectionReader} from '../core/module-decode.ts'
import {concat, name, section, unsigned} from '../core/writer.ts'
import {applyData} from './adopt-instance.ts'
import {type LeanModule, leanHash, makeLean} from './lean.ts'
import {build, type Guest, guestOf, initialise, instantiate, wasm} from './snapshot.fixtures.ts'

const lean = async (text: string): Promise<LeanModule> => makeLean(await wasm(text))
const valid = (bytes: Uint8Array) => WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)

/** Those of `wanted` that the code holds, in order. */
function opcodesOf(bytes: Uint8Array, wanted: readonly number[]): number[] {
  const reader = sectionReader(decodeCoreModule(bytes), SECTION.code)!
  const met: number[] = []
  for (let count = reader.u32(); count > 0; count--) {
    const size = reader.u32()
    const start = reader.position
    reader.take(size)
    for (let at = localsAt(bytes, start).end; at < reader.position; )
      at = walkInstruction(bytes, at, reader.position, opcodeSet(wanted), opcode => {
        met.push(opcode)
      })
  }
  return met
}

describe('makeLean', () => {
  test('modules that differ in data, initial globals and initial size have one lean module', async () => {
    const app = (
      pages: number,
      counter: number,
      data: string,
    ) => `(module (memory (export "memory") ${pages} 100)
      (global $counter (mut i32) (i32.const ${counter})) (global $sp (mut i64) (i64.const -${counter}))
      ${data} (func (export "size") (result i32) memory.size) (func (export "next") (result i32)
      global.get $counter i32.const 1 i32.add global.set $counter global.get $counter))`
    const small = await build(app(1, 5, '(data (i32.const 3) "one")'))
    const large = await build(app(9, 70_000, '(data (i32.const 500000) "two") (data (i32.const 7) "three")'))
    assert.equal(leanHash(small.lean), leanHash(large.lean))
    assert.deepEqual(small.lean.bytes, large.lean.bytes)
    // The state is not lost.
    const state = [instantiate(large)]
    initialise(state)
    const guest = guestOf(state[0]!)
    assert.equal(guest['size']!(), 9)
    assert.equal(guest['next']!(), 70_001)
    const bytes = Buffer.from((guest['memory'] as unknown as WebAssembly.Memory).buffer)
    assert.equal(bytes.length, 9 * 65_536)
    assert.equal(bytes.subarray(500_000, 500_003).toString(), 'two')
    assert.equal(bytes.subarray(7, 12).toString(), 'three')
  })

  test('modules that differ in code have different lean modules', async () => {
    const one = await lean('(module (func (export "f") (result i32) i32.const 1))')
    const two = await lean('(module (func (export "f") (result i32) i32.const 2))')
    assert.notEqual(leanHash(one), leanHash(two))
  })

  test('custom sections are left out', async () => {
    const one = await lean('(module (func $named))')
    const two = await lean('(module (@custom "note" "x") (func $other))')
    assert.equal(leanHash(one), leanHash(two))
  })

  test('reserved exports never clash', async () => {
    const {memories, bytes} = await lean(
      '(module (memory (export "mayfly memory 0") 1) (func (export "mayfly+ x")))',
    )
    assert.ok(valid(bytes))
    const name = memories[0]!.exportName
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
    const names = WebAssembly.Module.exports(module).map(one => one.name)
    assert.equal(new Set(names).size, names.length)
    assert.ok(name.startsWith('mayfly++ '))
  })

  test('a body behind the last one is refused: it would take the place of a function of ours', () => {
    const body = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes]
    // (loop (memory.fill ...)): a check is called before.
    const filling = [0, 0x03, 0x40, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0, 0x0b, 0x0b]
    // (drop (memory.grow (i32.const 1))) return, then an i32.const that takes the length of the check's body.
    const hidden = [0, 0x41, 1, 0x40, 0, 0x1a, 0x0f, 0x41]
    const module = (code: readonly number[]) =>
      concat([
        [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
        ...section(1, [[1, 0x60, 0, 0]]),
        ...section(2, [[1, ...name(''), ...name('m'), 2, 0, 0]]),
        ...section(3, [[1, 0]]),
        ...section(10, [[1, ...body(filling), ...code]]),
      ])
    assert.ok(valid(makeLean(module([])).bytes))
    assert.throws(() => makeLean(module([...unsigned(hidden.length + 6), ...hidden])), {
      code: 'DECODE_MALFORMED',
    })
  })

  test('the start function runs when the linker calls it', async () => {
    const built =
      await build(`(module (global $g (mut i32) (i32.const 0)) (func $s i32.const 4 global.set $g) (start $s)
      (func (export "g") (result i32) global.get $g))`)
    const instance = instantiate(built)
    assert.equal(guestOf(instance)['g']!(), 0)
    initialise([instance])
    assert.equal(guestOf(instance)['g']!(), 4)
  })

  test('offsets may be computed from globals, imported and own', async () => {
    const built = await build(`(module (import "env" "base" (global $base i32)) (memory (export "memory") 1)
      (global $own i32 (i32.const 16))
      (data (offset (i32.add (global.get $base) (i32.mul (i32.const 2) (i32.sub (global.get $own) (i32.const 6))))) "here"))`)
    const base = new WebAssembly.Global({value: 'i32'}, 1000)
    const instance = instantiate(built, {env: {base}})
    applyData(instance.lean, instance.exports)
    const memory = guestOf(instance)['memory'] as unknown as WebAssembly.Memory
    assert.equal(Buffer.from(memory.buffer, 1020, 4).toString(), 'here')
  })

  for (const [what, text] of [
    ['behind the end', '(module (memory 1) (data (i32.const 65533) "four"))'],
    ['at a negative offset', '(module (memory 1) (data (i32.const -1) "x"))'],
    ['of no bytes behind the end', '(module (memory 1) (data (i32.const 65537) ""))'],
    ['at a wide offset', '(module (memory i64 1) (data (i64.const 0x100000000) "x"))'],
  ] as const)
    test(`a data segment ${what} traps`, async () => {
      const instance = instantiate(await build(text))
      assert.throws(() => applyData(instance.lean, instance.exports), {code: 'TRAP_OUT_OF_BOUNDS'})
    })

  test('segments before the one that traps stay written', async () => {
    const text = '(module (memory (export "m") 1) (data (i32.const 0) "a") (data (i32.const 70000) "b"))'
    const instance = instantiate(await build(text))
    assert.throws(() => applyData(instance.lean, instance.exports))
    assert.equal(new Uint8Array((guestOf(instance)['m'] as unknown as WebAssembly.Memory).buffer)[0], 97)
  })

  test('passive segments keep their indices and bytes; dropped ones are state', async () => {
    const built =
      await build(`(module (memory (export "memory") 1) (data (i32.const 0) "active") (data $p "passive") (data "unused")
      (func (export "init") (param i32 i32 i32) local.get 0 local.get 1 local.get 2 memory.init $p)
      (func (export "drop") data.drop $p) (func (export "dropActive") data.drop 0))`)
    const instance = instantiate(built)
    initialise([instance])
    const guest = guestOf(instance)
    const bytes = Buffer.from((guest['memory'] as unknown as WebAssembly.Memory).buffer)
    guest['init']!(10, 1, 3)
    assert.equal(bytes.subarray(0, 13).toString('latin1'), 'active\0\0\0\0ass')
    guest['dropActive']!()
    guest['drop']!()
    for (const [source, length] of [
      [0, 1],
      [1, 0],
    ])
      assert.throws(() => guest['init']!(0, source, length), WebAssembly.RuntimeError)
    guest['init']!(65_536, 0, 0)
    assert.throws(() => guest['init']!(65_537, 0, 0), WebAssembly.RuntimeError)
    const flag = built.lean.globals.find(({exportName}) => exportName.includes('dropped'))!
    ;(instance.exports[flag.exportName] as WebAssembly.Global).value = 0
    guest['init']!(0, 0, 7)
    assert.equal(bytes.subarray(0, 7).toString(), 'passive')
    assert.equal(built.lean.unrestorable, undefined)
  })

  for (const [expected, text] of [
    [undefined, '(module (table 1 funcref) (func (drop (table.get 0 (i32.const 0)))))'],
    [undefined, '(module (type (struct (field i32))) (func (drop (struct.new 0 (i32.const 1)))))'],
    [
      'garbage-collected objects',
      '(module (type $s (struct (field (mut i32)))) (global $g (mut (ref null $s)) (ref.null $s)) (func (struct.set $s 0 (global.get $g) (i32.const 1))))',
    ],
    [
      'garbage-collected objects',
      '(module (type $a (array (mut i8))) (func (param (ref $a)) (array.fill $a (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0))))',
    ],
    ['dropped element segments', '(module (table 1 funcref) (elem func) (func elem.drop 0))'],
    [
      'dropped data segments that make arrays',
      '(module (type $a (array i8)) (data "x") (func (result (ref $a)) i32.const 0 i32.const 1 array.new_data $a 0) (func data.drop 0))',
    ],
    ['a mutable global of type v128', '(module (global (mut v128) (v128.const i64x2 0 0)))'],
    ['a mutable global of type exnref', '(module (global (mut exnref) (ref.null exn)))'],
  ] as const)
    test(`${expected ?? 'restorable'}: ${text.slice(8, 60)}…`, async () => {
      const bytes = await wasm(text)
      assert.ok(valid(bytes), 'the fixture must be valid')
      assert.equal(makeLean(bytes).unrestorable, expected)
    })

  for (const [expected, body] of [
    [false, '(drop (table.get 0 (i32.const 0))) (drop (table.size 0)) (call_indirect (i32.const 0))'],
    [true, '(table.set 0 (i32.const 0) (ref.null func))'],
    [true, '(drop (table.grow 0 (ref.null func) (i32.const 1)))'],
    [true, '(table.fill 0 (i32.const 0) (ref.null func) (i32.const 1))'],
    [true, '(table.copy (i32.const 0) (i32.const 0) (i32.const 0))'],
    [true, '(table.init 0 (i32.const 0) (i32.const 0) (i32.const 0))'],
  ] as const)
    test(`${body} ${expected ? 'writes' : 'does not write'} a table`, async () => {
      const {writesTables} = await lean(`(module (table 1 funcref) (elem func) (func ${body}))`)
      assert.equal(writesTables, expected)
    })

  for (const [what, text, code] of [
    ['a shared memory', '(module (memory 1 2 shared))', 'LINK_UNSUPPORTED'],
    ['a custom page size', '(module (memory 1 (pagesize 1)))', 'LINK_UNSUPPORTED'],
    ['limits that cannot be', '(module (memory 2 1))', 'DECODE_MALFORMED'],
    ['more pages than there can be', '(module (memory 65537))', 'DECODE_MALFORMED'],
    ['a start function with parameters', '(module (func (param i32)) (start 0))', 'DECODE_MALFORMED'],
    ['data for no memory', '(module (data (i32.const 0) "x"))', 'DECODE_MALFORMED'],
  ] as const)
    test(`refuses ${what}`, async () => {
      await assert.rejects(lean(text), {code})
    })

  /** (module (memory 1) (data (i32.const 0) "")), the segment so often, and what else the section holds. */
  const withData = (count: number, behind: readonly number[] = []) =>
    concat([
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(5, [[1, 0, 1]]),
      ...section(11, [unsigned(count), Array(count).fill([0, 0x41, 0, 0x0b, 0]).flat(), behind]),
    ])
  for (const [what, bytes] of [
    ['bytes behind the last data segment', withData(1, [0])],
    ['more data segments than V8 would take', withData(100_001)],
  ] as const)
    test(`refuses ${what}, as V8 does`, () => {
      assert.ok(!valid(bytes))
      assert.throws(() => makeLean(bytes), {code: 'DECODE_MALFORMED'})
    })

  test('as many data segments as V8 takes are taken', () => {
    assert.ok(valid(withData(100_000)))
    assert.equal(makeLean(withData(100_000)).data.length, 100_000)
  })

  test('an index of a memory that is written in more bytes than needed is seen', () => {
    // (func (result i32) memory.grow 0), the index as 80 80 00.
    const body = [0, 0x41, 1, 0x40, 0x80, 0x80, 0x00, 0x0b]
    const bytes = Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 5, 3, 1, 0, 1],
      ...[7, 5, 1, 1, 0x66, 0, 0, 10, body.length + 2, 1, body.length, ...body],
    ])
    assert.ok(valid(bytes))
    const made = makeLean(bytes)
    assert.ok(valid(made.bytes))
    const instance = instantiate({
      lean: made,
      module: new WebAssembly.Module(made.bytes as Uint8Array<ArrayBuffer>),
      bytes,
    })
    assert.equal(guestOf(instance)['f']!(), 1)
    assert.equal(Number((instance.exports[made.memories[0]!.sizeGlobal!] as WebAssembly.Global).value), 2)
  })

  test('the bits of globals of floating point are kept, whatever they are', async () => {
    const {lean: made, module} = await build(
      '(module (global (mut f32) (f32.const nan:0x200001)) (global (mut f64) (f64.const -0)))',
    )
    const {exports} = new WebAssembly.Instance(module)
    const [single, double] = made.globals.map(({bits}) => bits!)
    const call = (name: string, ...args: unknown[]) => (exports as Guest)[name]!(...args)
    assert.equal(call(single!.get), 0x7fa00001)
    assert.equal(call(double!.get), -(1n << 63n))
    call(double!.set, 0x7ff4000000000001n)
    assert.equal(call(double!.get), 0x7ff4000000000001n)
  })

  test('references are called through a table, whatever is called, and null traps', async () => {
    const built = await build(`(module
      (type $f (sub (func (param i32) (result i32)))) (type $g (sub final $f (func (param i32) (result i32))))
      (import "env" "host" (func $host (type $f)))
      (func $next (type $f) (i32.add (local.get 0) (i32.const 1)))
      (func $double (type $g) (i32.mul (local.get 0) (i32.const 2)))
      (elem declare func $host $next $double)
      (func $call (param (ref null $f) i32) (result i32) (call_ref $f (local.get 1) (local.get 0)))
      (func $jump (param i32 (ref null $f)) (result i32) (return_call_ref $f (local.get 0) (local.get 1)))
      (func (export "next") (result i32) (call $call (ref.func $next) (i32.const 20)))
      (func (export "double") (result i32) (call $call (ref.func $double) (i32.const 20)))
      (func (export "host") (result i32) (call $call (ref.func $host) (i32.const 20)))
      (func (export "jump") (result i32) (call $jump (i32.const 20) (ref.func $double)))
      (func (export "null") (result i32) (call $call (ref.null $f) (i32.const 20))))`)
    const guest = guestOf(instantiate(built, {env: {host: (n: number) => n + 5}}))
    const results = ['next', 'double', 'host', 'jump'].map(name => guest[name]!())
    assert.deepEqual(results, [21, 40, 25, 40])
    assert.throws(() => guest['null']!(), WebAssembly.RuntimeError)
    assert.deepEqual(opcodesOf(built.lean.bytes, [0x14, 0x15]), [])
    assert.equal(built.lean.writesTables, false)
  })

  for (const [expected, what, body] of [
    [1, 'a fill in a loop', '(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 9)) (br $l))'],
    [0, 'a fill that no loop is before', '(memory.fill (i32.const 0) (i32.const 0) (i32.const 9)) (loop)'],
    [
      2,
      'copies of tables and memory',
      `(loop $l (table.copy (i32.const 0) (i32.const 0) (i32.const 0))
      (memory.copy (i32.const 0) (i32.const 0) (i32.const 0)))`,
    ],
    [1, 'large objects', '(loop $l (drop (array.new $a (i32.const 0) (i32.const 99))) (br $l))'],
    [0, 'small objects', '(loop $l (drop (struct.new $s)) (br $l))'],
  ] as const)
    test(`V8 is asked to go on before what takes long and can repeat: ${what}`, async () => {
      const built = await build(
        `(module (type $a (array i8)) (type $s (struct)) (memory 1) (table 1 funcref) (func ${body}))`,
      )
      assert.equal(opcodesOf(built.lean.bytes, [0x10]).length, expected)
    })

  test('V8 is asked to go on before every tail call', async () => {
    const {lean: made} = await build(`(module (type $f (func)) (table 1 funcref)
      (func $f (return_call $f)) (func (return_call_indirect (type $f) (i32.const 0)))
      (func (return_call_ref $f (ref.func $f))) (elem declare func $f))`)
    assert.equal(opcodesOf(made.bytes, [0x03]).length, 3)
  })

  test('V8 is asked to go on at the start of a large function', async () => {
    const {lean: made} = await build(`(module
      (func (param f64) (result f64) (local i32 i64) (local.get 0) ${'f64.sqrt '.repeat(1100)})
      (func (param f64) (result f64) (local.get 0) ${'f64.sqrt '.repeat(900)}))`)
    assert.equal(opcodesOf(made.bytes, [0x03]).length, 1)
  })

  const field = fc.constantFrom(
    '(memory 1)',
    '(memory 0 3)',
    '(memory i64 2 5)',
    '(import "a" "m" (memory 1))',
    '(import "a" "m64" (memory i64 1))',
    '(import "a" "f" (func (param i32)))',
    '(import "a" "g" (global i32))',
    '(import "a" "t" (table 1 funcref))',
    '(table 2 5 funcref)',
    '(table 1 externref)',
    '(global (mut i32) (i32.const 7))',
    '(global (mut i64) (i64.const -7))',
    '(global (mut f32) (f32.const 1))',
    '(global (mut i32) (i32.add (i32.const 7) (i32.const 8)))',
    '(global (mut externref) (ref.null extern))',
    '(global i32 (i32.const 3))',
    '(type (func (param i64 i64) (result f32)))',
    '(rec (type (struct)) (type (array i8)))',
    '(tag (param i32))',
    '(elem func)',
    '(data "passive")',
    '(data (i32.const 1) "active")',
    '(data (i64.const 1) "active")',
    '(func (export "x") (result i32) memory.size)',
    '(func (result i64) memory.size)',
    '(func (param i32) (result i32) (local.get 0) (memory.grow))',
    '(func (param i64) (result i64) (local.get 0) (memory.grow))',
    '(func (result i32) (memory.size 1))',
    '(func (result i64) i64.const 1 (memory.grow 1))',
    '(func (loop (drop (memory.size)) (br_if 0 (i32.eqz (memory.grow (i32.const 1))))))',
    '(func data.drop 0)',
    '(func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))',
    '(func (memory.init 1 1 (i64.const 0) (i32.const 0) (i32.const 0)))',
    '(func (export "y") (param i32))',
    '(start 0)',
    '(func (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))))',
    '(func (loop (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))))',
    '(func $tail (return_call $tail))',
    '(func (param i32) (return_call_indirect (param i32) (local.get 0) (i32.const 0)))',
    '(func $ref (param i32) (call_ref 0 (i32.const 1) (ref.func $ref)) (return_call_ref 0 (i32.const 1) (ref.null 0)))',
    '(elem declare func $ref)',
  )

  test('what is valid stays valid, and means the same from outside', async () => {
    let tried = 0
    await fc.assert(
      fc.asyncProperty(fc.array(field, {maxLength: 12}), async fields => {
        const imports = fields.filter(one => one.startsWith('(import'))
        const others = fields.filter(one => !one.startsWith('(import'))
        let bytes: Uint8Array
        try {
          bytes = await wasm(`(module ${imports.join(' ')} ${others.join(' ')})`)
        } catch {
          return
        }
        if (!valid(bytes)) return
        tried++
        const made = makeLean(bytes)
        assert.ok(valid(made.bytes))
        const [before, after] = [decodeCoreModule(bytes), decodeCoreModule(made.bytes)]
        assert.deepEqual(after.imports, before.imports)
        assert.deepEqual(
          after.exports.slice(0, before.exports.length).map(({name, index}) => [name, index]),
          before.exports.map(({name, index}) => [name, index]),
        )
        assert.equal(leanHash(makeLean(bytes)), leanHash(made))
      }),
      {numRuns: 1500},
    )
    assert.ok(tried > 100)
  })

  for (const name of [
    '@bytecodealliance/componentize-js/lib/spidermonkey-embedding-splicer.core.wasm',
    '@bytecodealliance/jco/lib/wasi_snapshot_preview1.reactor.wasm',
  ]) {
    const path = new URL(`../../../node_modules/${name}`, import.meta.url)
    test(`a real module stays valid: ${name}`, {skip: existsSync(path) ? false : 'not installed'}, () => {
      assert.ok(valid(makeLean(readFileSync(path)).bytes))
    })
  }
})
