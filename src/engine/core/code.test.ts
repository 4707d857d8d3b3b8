import assert from 'node:assert/strict'
import {existsSync, readFileSync} from 'node:fs'
import {describe, test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {
  type OpcodeSet,
  opcodeSet,
  PREFIX,
  skipConstantExpression,
  skipLocals,
  walkInstructions,
} from './code.ts'
import {type Pass, passOver} from './code-pass.ts'
import {decodeCoreModule, SECTION, sectionReader} from './module-decode.ts'

const NOTHING = opcodeSet([])

/**
 * Walks all bodies, with compiled code and without; fails unless each ends where its size says. Returns the opcodes of
 * `wanted` that were met.
 */
function walkModule(bytes: Uint8Array, wanted: readonly number[] = []): number[] {
  const set = wanted.length === 0 ? NOTHING : opcodeSet(wanted)
  const [slowly, fast] = [undefined, passOver(bytes, set).pass].map(pass => walk(bytes, set, pass))
  assert.deepEqual(fast, slowly)
  return fast!
}

function walk(bytes: Uint8Array, set: OpcodeSet, pass: Pass | undefined): number[] {
  const reader = sectionReader(decodeCoreModule(bytes), SECTION.code)!
  const met: number[] = []
  for (let count = reader.u32(), i = 0; i < count; i++) {
    const size = reader.u32()
    const start = reader.position
    reader.take(size)
    const visit = (opcode: number) => {
      met.push(opcode)
      return undefined
    }
    const end = walkInstructions(bytes, skipLocals(bytes, start), start + size, set, visit, pass)
    assert.equal(end, start + size, `function body ${i}`)
    assert.equal(bytes[end - 1], 0x0b)
  }
  return met
}

/** Each holds immediates whose bytes would be taken for other instructions if their shape were wrong. */
const BODIES: Readonly<Record<string, string>> = {
  'numbers and locals': `(func (param i32) (local i64 f32 f64 v128 (ref null 0) funcref)
     i32.const -624485 drop i64.const 0x0b0b0b0b0b0b0b0b drop f32.const nan:0x0b0b0b drop f64.const nan:0x0b0b0b0b0b0b drop
     local.get 0 local.tee 0 local.set 0 i32.const 5 i32.extend8_s i64.extend_i32_u drop)`,
  'control flow': `(func (param i32) (block (loop (if (local.get 0) (then (br 1)) (else (br_if 2 (local.get 0))))))
     (block (block (br_table 0 1 0 1 (local.get 0)))) (block (result i32 i64) i32.const 1 i64.const 1) drop drop return)`,
  calls: `(func $f (param i32) (return_call $f (local.get 0)))
     (func (param i32) (call $f (local.get 0)) (call_indirect (param i32) (local.get 0) (i32.const 0))
       (return_call_indirect (param i32) (local.get 0) (i32.const 0)))
     (func (call_ref 0 (i32.const 1) (ref.func $f)) (return_call_ref 0 (i32.const 1) (ref.func $f))) (elem declare func $f)`,
  memories: `(func (i64.store32 offset=0x0b0b0b0b align=1 (i32.const 0) (i64.load $n offset=0x0b (i64.const 0))) 
     (drop (memory.size $n)) (drop (memory.grow (i32.const 1))) (memory.copy $m $n (i32.const 0) (i64.const 0) (i32.const 11))
     (memory.fill $n (i64.const 0) (i32.const 0) (i64.const 0)) (memory.init $m 0 (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop 0))`,
  tables: `(func (table.set $t (i32.const 0) (table.get $t (i32.const 0))) (drop (table.size $t))
     (drop (table.grow $t (ref.null func) (i32.const 1))) (table.fill $t (i32.const 0) (ref.null func) (i32.const 0))
     (table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 0)) (table.init $t 0 (i32.const 0) (i32.const 0) (i32.const 0)) (elem.drop 0))`,
  references: `(func (drop (select (result (ref null 0)) (ref.null 0) (ref.null 0) (i32.const 1))) (drop (ref.is_null (ref.null extern)))
     (block (br_on_null 0 (ref.null func)) drop) (drop (block (result funcref) (br_on_non_null 0 (ref.null func)) (ref.null func)))
     (drop (ref.as_non_null (ref.null 0))) (drop (ref.eq (ref.null eq) (ref.null i31)))
     (drop (block (result (ref null 0)) (ref.null 0))))`,
  vectors: `(func (local v128) (v128.const i8x16 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11) local.set 0
     (i8x16.shuffle 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 (local.get 0) (local.get 0)) drop
     (drop (i8x16.extract_lane_s 11 (local.get 0))) (drop (v128.load8_lane offset=11 11 (i32.const 0) (local.get 0)))
     (v128.store64_lane offset=0x0b0b 1 (i32.const 0) (local.get 0)) (drop (v128.load32_zero offset=11 (i32.const 0)))
     (drop (i32x4.relaxed_trunc_f32x4_s (local.get 0))) (drop (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 0)))
     (drop (f64x2.promote_low_f32x4 (local.get 0))))`,
  exceptions: `(tag $e (param i32)) (func (result i32) (block $h (result i32) (try_table (result i32) (catch $e $h) (i32.const 1)))
     (block $all (try_table (catch_all $all))) (block $r (result exnref) (try_table (catch_all_ref $r)) unreachable) throw_ref)
     (func (throw $e (i32.const 11)))`,
  'garbage collection': `(type $s (struct (field (mut i32)))) (type $a (array (mut i8))) (type $af (array (mut funcref)))
     (func (local $s (ref null $s)) (local $a (ref null $a)) (local $f (ref null $af))
     (local.set $s (struct.new $s (i32.const 11))) (struct.set $s 0 (local.get $s) (struct.get $s 0 (local.get $s)))
     (local.set $a (array.new_fixed $a 3 (i32.const 1) (i32.const 1) (i32.const 1))) (array.set $a (local.get $a) (i32.const 1) (array.get_s $a (local.get $a) (i32.const 0)))
     (local.set $a (array.new_data $a 0 (i32.const 0) (i32.const 0))) (local.set $f (array.new_elem $af 0 (i32.const 0) (i32.const 0)))
     (array.fill $a (local.get $a) (i32.const 0) (i32.const 0) (i32.const 0)) (array.copy $a $a (local.get $a) (i32.const 0) (local.get $a) (i32.const 0) (i32.const 0))
     (array.init_data $a 0 (local.get $a) (i32.const 0) (i32.const 0) (i32.const 0)) (array.init_elem $af 0 (local.get $f) (i32.const 0) (i32.const 0) (i32.const 0))
     (drop (array.len (local.get $a))) (drop (ref.test (ref $s) (local.get $s))) (drop (ref.cast (ref null $s) (local.get $s)))
     (drop (block (result (ref $s)) (br_on_cast 0 structref (ref $s) (local.get $s)) unreachable))
     (drop (block (result anyref) (br_on_cast_fail 0 anyref (ref $s) (local.get $s))))
     (drop (i31.get_u (ref.i31 (i32.const 11)))) (drop (any.convert_extern (extern.convert_any (local.get $s)))))`,
  atomics: `(func (drop (i32.atomic.rmw.add offset=11 (i32.const 0) (i32.const 1))) (atomic.fence) (drop (memory.atomic.notify offset=11 (i32.const 0) (i32.const 1)))
     (drop (i64.atomic.rmw32.cmpxchg_u (i32.const 0) (i64.const 1) (i64.const 2))))`,
}

const around = (
  body: string,
) => `(module (type (func (param i32))) (memory $m 1) (memory $n i64 1) (table $t 1 funcref)
  (elem func) (data "") ${body})`

describe('walkInstructions', () => {
  for (const [what, body] of Object.entries(BODIES))
    test(`ends where each body ends: ${what}`, async () => {
      const bytes = await parse(around(body))
      assert.ok(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>), 'the fixture must be valid')
      walkModule(bytes)
    })

  test('ends where a body with legacy exceptions ends', () => {
    const body = [
      ...[0, 0x06, 0x40, 0x06, 0x40, 0x01, 0x18, 0x00], // try, try, nop, delegate 0
      ...[0x07, 0x00, 0x1a, 0x19, 0x09, 0x00, 0x0b, 0x0b], // catch 0, drop, catch_all, rethrow 0, end, end
    ]
    const bytes = Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 8, 2, 0x60, 0, 0, 0x60, 1, 0x7f, 0],
      ...[3, 2, 1, 0, 13, 3, 1, 0, 1],
      ...[10, body.length + 2, 1, body.length, ...body],
    ])
    assert.ok(WebAssembly.validate(bytes))
    walkModule(bytes)
  })

  test('visits what is wanted, prefixed instructions too, and nothing else', async () => {
    const bytes = await parse(around(BODIES['memories']!))
    assert.deepEqual(walkModule(bytes, [0x3f, 0x40, PREFIX.fc | 9]), [0x3f, 0x40, PREFIX.fc | 9])
  })

  test('every opcode that V8 accepts has a shape', () => {
    // V8 says "invalid opcode" of what it does not know; any other complaint means that it does.
    const known = (opcode: readonly number[]) => {
      const code = [0, ...opcode, ...Array(20).fill(0), 0x0b]
      const bytes = Uint8Array.from([
        ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
        ...[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
        ...[10, code.length + 2, 1, code.length, ...code],
      ])
      try {
        new WebAssembly.Module(bytes)
      } catch (error) {
        return !/invalid (\w+ )*opcode|Invalid (prefixed )?opcode/i.test((error as Error).message)
      }
      return true
    }
    const shaped = (opcode: readonly number[]) => {
      const bytes = Uint8Array.from([...opcode, ...Array(40).fill(0)])
      return !Number.isNaN(
        walkInstructions(bytes, 0, bytes.length, opcodeSet([...Array(256).keys()]), () => true),
      )
    }
    for (let opcode = 0; opcode < 0xfb; opcode++)
      if (known([opcode])) assert.ok(shaped([opcode]), `opcode ${opcode.toString(16)}`)
    for (const prefix of [0xfb, 0xfc, 0xfd, 0xfe])
      for (let i = 0; i < 0x140; i++) {
        // struct.new_desc and its like: the types they need are behind a flag.
        if (prefix === 0xfb && (i === 0x20 || i === 0x21)) continue
        const opcode = [prefix, (i & 0x7f) | 0x80, i >> 7]
        if (known(opcode)) assert.ok(shaped(opcode), `opcode ${prefix.toString(16)} ${i.toString(16)}`)
      }
  })

  for (const [what, bytes] of [
    ['an unknown instruction', [0xff, 0x0b]],
    ['an unknown prefixed instruction', [0xfc, 0x7f, 0x0b]],
    ['an instruction that reaches beyond the end', [0x44, 1, 2]],
    ['a branch table that reaches beyond the end', [0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ] as const)
    test(`says NaN at ${what}`, () => {
      const code = Uint8Array.from(bytes)
      for (const pass of [undefined, passOver(code, NOTHING).pass])
        assert.ok(Number.isNaN(walkInstructions(code, 0, code.length, NOTHING, () => undefined, pass)))
    })

  test('a number without end at the end of a page of code is no instruction', () => {
    const code = new Uint8Array(65_536 * 9).fill(0x01)
    code.set([0x28, 0x80, 0xff], code.length - 3)
    const {pass} = passOver(code, NOTHING)
    assert.ok(Number.isNaN(walkInstructions(code, 0, code.length, NOTHING, () => undefined, pass)))
  })

  test('loops are passed, and told of once', () => {
    const code = Uint8Array.from([0x01, 0x03, 0x40, 0x0b, 0x01, 0x02, 0x40, 0x0b, 0x0b])
    const {pass, passedLoop} = passOver(code, NOTHING)
    assert.deepEqual(
      [pass(0, 1), passedLoop(), pass(1, 4), passedLoop(), passedLoop()],
      [1, false, 4, true, false],
    )
    assert.deepEqual([pass(4, 9), passedLoop()], [9, false])
  })

  test('a constant expression ends at its end', () => {
    const bytes = Uint8Array.from([0x41, 0x0b, 0x41, 0x0b, 0x6a, 0x0b, 0x0b, 0x0b])
    assert.equal(skipConstantExpression(bytes, 0, bytes.length), 6)
    assert.ok(Number.isNaN(skipConstantExpression(bytes, 0, 4)))
  })
})

describe('real modules', () => {
  for (const name of [
    '@bytecodealliance/componentize-js/lib/starlingmonkey_embedding.wasm',
    '@bytecodealliance/componentize-js/lib/spidermonkey-embedding-splicer.core.wasm',
    '@bytecodealliance/jco-transpile/vendor/wasm-tools.core.wasm',
    '@bytecodealliance/jco/lib/wasi_snapshot_preview1.reactor.wasm',
  ]) {
    const path = new URL(`../../../node_modules/${name}`, import.meta.url)
    test(name, {skip: existsSync(path) ? false : 'not installed'}, () => {
      const met = walkModule(readFileSync(path), [0x10])
      assert.ok(met.length > 100)
    })
  }
})
