import assert from 'node:assert/strict'
import {existsSync, readFileSync} from 'node:fs'
import {describe, test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import fc from 'fast-check'
import {LOOP} from './body.ts'
import {localsAt, opcodeSet, PREFIX, skipConstantExpression, walkInstruction} from './code.ts'
import {walkCompiled} from './compiled-walk.ts'
import {decodeCoreModule, SECTION} from './module-decode.ts'
import {Reader} from './reader.ts'
import {walkBodies} from './walk-bodies.ts'
import {unsigned} from './writer.ts'

/** What is told of: an instruction with the place of its body, its own, and whether a loop was before; or a long body. */
type Told = readonly [from: number, at: number, opcode: number | 'long', loops: boolean]

const LONG_BYTES = 40

/** What one of the walks tells of the bodies in a code section's content, each body's from its start to its end. */
function told(
  walk: typeof walkBodies,
  content: Uint8Array,
  wanted: readonly number[],
  start = 0,
  end = content.length,
): Told[] {
  const all: Told[] = []
  const reader = new Reader(content, {start, end})
  walk(reader, reader.u32(), {
    wanted: opcodeSet([LOOP, ...wanted]),
    longBytes: LONG_BYTES,
    long: (body, code) => all.push([body.from, code, 'long', body.loops]),
    visit: (body, opcode, at) => all.push([body.from, at, opcode, body.loops]),
  })
  return all.sort((one, other) => one[0] - other[0])
}

/** The same without either walk, instruction by instruction; fails unless each body ends where its size says. */
function toldPlainly(content: Uint8Array, wanted: readonly number[], start: number, end: number): Told[] {
  const all: Told[] = []
  const set = opcodeSet([LOOP, ...wanted])
  const reader = new Reader(content, {start, end})
  reader.vec(i => {
    const from = reader.position
    const size = reader.u32()
    const body = reader.position
    reader.take(size)
    let loops = false
    let at = localsAt(content, body).end
    if (size > LONG_BYTES) all.push([from, at, 'long', false])
    while (at < reader.position)
      at = walkInstruction(content, at, reader.position, set, (opcode, start) => {
        if (opcode === LOOP) loops = true
        else all.push([from, start, opcode, loops])
      })
    assert.equal(at, reader.position, `function body ${i}`)
  })
  return all
}

/** Fails unless all walks tell the same; returns the opcodes of `wanted` that were met. */
function walkModule(bytes: Uint8Array, wanted: readonly number[] = []): number[] {
  const {start, end} = decodeCoreModule(bytes).sections.find(({id}) => id === SECTION.code)!
  const expected = toldPlainly(bytes, wanted, start, end)
  for (const walk of [walkBodies, walkCompiled])
    assert.deepEqual(told(walk, bytes, wanted, start, end), expected)
  return expected.flatMap(([, , opcode]) => (opcode === 'long' ? [] : [opcode]))
}

/** A code section's content. */
const section = (bodies: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([
    ...unsigned(bodies.length),
    ...bodies.flatMap(body => [...unsigned(body.length), ...body]),
  ])

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

describe('walks', () => {
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
      return !Number.isNaN(walkInstruction(bytes, 0, bytes.length, opcodeSet([]), () => {}))
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

  for (const [what, body] of [
    ['an unknown instruction', [0xff, 0x0b]],
    ['an unknown prefixed instruction', [0xfc, 0x7f, 0x0b]],
    ['an instruction that reaches beyond the end', [0x44, 1, 2]],
    ['a branch table that reaches beyond the end', [0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a branch table of too many labels', [0x0e, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x0b]],
    ['a number without end', [0x28, 0x80, 0xff]],
    ['no end', [0x41, 0x01, 0x1a]],
    ['nothing', []],
  ] as const)
    for (const walk of [walkBodies, walkCompiled])
      test(`refused with its place: ${what} (${walk.name})`, () => {
        // Others are walked at the same time, and in another window.
        for (const bodies of [1, 5, 200_000]) {
          const others = Array.from({length: bodies - 1}, () => [0, 0x0b])
          const code = body.length === 0 ? [] : [0, ...body]
          const content = section([...others, code])
          assert.throws(() => told(walk, content, []), {
            code: 'DECODE_MALFORMED',
            message: /malformed function body/,
            at: {byteOffset: content.length - code.length},
          })
        }
      })

  for (const walk of [walkBodies, walkCompiled])
    test(`refused: more bodies than there are, and bodies longer than the section (${walk.name})`, () => {
      const bodies = section(Array.from({length: 100}, () => [0, 0x0b]))
      assert.throws(() => told(walk, bodies.with(0, 101), []), /unexpected end/)
      assert.throws(() => told(walk, bodies.with(bodies.length - 3, 3), []), /unexpected end/)
      assert.throws(() => told(walk, Uint8Array.of(1, 0x80, 0x80, 0x80, 0x80, 0x80, 0), []), /too long/)
      assert.throws(() => told(walk, Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff, 0x1f, 0), []), /too large/)
    })

  for (const [what, count] of [
    ['walked plainly', 3],
    ['walked by compiled code', 40_000],
  ] as const)
    test(`refused: bytes behind the last body (${what})`, () => {
      const bodies = section(Array.from({length: count}, () => [0, 0x0b]))
      assert.throws(() => told(walkBodies, Uint8Array.from([...bodies, 2, 0, 0x0b]), []), {
        code: 'DECODE_MALFORMED',
        message: /section size mismatch/,
        at: {byteOffset: bodies.length},
      })
    })

  test('sizes and numbers may have more bytes than they need, bodies be longer than what is looked at at once', () => {
    const padded = [0x82, 0x80, 0x80, 0x80, 0x00, 0, 0x0b]
    const long = [
      0,
      ...Array(700_000).fill(0x01),
      0x41,
      0x80,
      0x80,
      0x80,
      0x80,
      0x00,
      0x3f,
      0x00,
      0x1a,
      0x1a,
      0x0b,
    ]
    const content = Uint8Array.from([4, ...padded, ...unsigned(long.length), ...long, ...padded, 2, 0, 0x0b])
    const expected = toldPlainly(content, [0x3f], 0, content.length)
    assert.equal(expected.length, 2)
    for (const walk of [walkBodies, walkCompiled]) assert.deepEqual(told(walk, content, [0x3f]), expected)
  })

  test('a loop is remembered until the end of its body', () => {
    const [loop, size] = [
      [0x03, 0x40, 0x0b],
      [0x3f, 0, 0x1a],
    ]
    const content = section([
      [0, ...size, ...loop, ...size, 0x0b],
      ...Array.from({length: 5}, () => [0, ...size, 0x0b]),
      // A loop of a type that is a reference.
      [0, 0x03, 0x63, 0x70, 0xd0, 0x70, 0x0b, 0x1a, ...size, 0x0b],
    ])
    for (const walk of [walkBodies, walkCompiled])
      assert.deepEqual(
        told(walk, content, [0x3f]).map(([, , , loops]) => loops),
        [false, true, false, false, false, false, false, true],
      )
  })

  test('of any bytes, both walks tell the same, or refuse them', () => {
    const outcome = (walk: typeof walkBodies, content: Uint8Array): unknown => {
      try {
        return told(walk, content, [0x12, 0x3f, 0x40, PREFIX.fc | 8, PREFIX.fc | 10])
      } catch (error) {
        return (error as Error).message
      }
    }
    const COMMON = [
      0x00, 0x01, 0x02, 0x03, 0x0b, 0x0c, 0x0e, 0x20, 0x28, 0x40, 0x41, 0x44, 0x63, 0x7f, 0x80, 0xfc,
    ]
    const byte = fc.oneof(fc.constantFrom(...COMMON), fc.integer({min: 0, max: 255}))
    const body = fc.array(byte, {maxLength: 60}).map(bytes => [0, ...bytes, 0x0b])
    fc.assert(
      fc.property(fc.array(body, {minLength: 1, maxLength: 9}), bodies => {
        const content = section(bodies)
        assert.deepEqual(outcome(walkCompiled, content), outcome(walkBodies, content))
      }),
      {numRuns: 2000},
    )
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
