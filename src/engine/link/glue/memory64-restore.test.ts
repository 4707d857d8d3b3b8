// Sandboxes whose guest has a memory of 64-bit addresses, made anew for each event.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {detectTier} from '../../snapshot/detect.ts'
import {hostFunction} from '../imports.ts'
import {rootImports, sandboxOf} from '../link.fixtures.ts'
import {libc, options} from './memory64.fixtures.ts'

/** Keeps what it is told in a memory that grows with each word, and in a global and a handle. */
const DIARY = `(component
  (import "f" (func $f (param "a" string) (result string)))
  (type $r (resource (rep i64)))
  (core func $new (canon resource.new $r))
  (core func $rep (canon resource.rep $r))
  ${libc('i64')}
  (core func $f' (canon lower (func $f) ${options()}))
  (core module $M
    (import "libc" "m" (memory i64 1))
    (import "" "f" (func $f (param i64 i64 i64)))
    (import "" "new" (func $new (param i64) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i64)))
    (global $told (mut i64) (i64.const 0))
    (data (i64.const 512) "begun")
    (func (export "tell") (param $p i64) (param $n i64) (result i64)
      (global.set $told (i64.add (global.get $told) (i64.const 1)))
      (i64.store (i64.const 528) (i64.add (i64.load (i64.const 528)) (i64.const 1)))
      (call $f (local.get $p) (local.get $n) (i64.const 64))
      (i64.const 64))
    (func (export "told") (result i64)
      (i64.add (global.get $told) (i64.mul (i64.const 100) (i64.load (i64.const 528)))))
    (func (export "give") (param i64 i64) (result i64)
      (i64.store (i64.const 80) (local.get 0)) (i64.store (i64.const 88) (local.get 1)) (i64.const 80))
    (func (export "forget") (memory.fill (i64.const 512) (i32.const 63) (i64.const 5)))
    (func (export "keep") (param i64) (result i64) (call $rep (call $new (local.get 0))))
    (func (export "handle") (result i32) (call $new (i64.const 1)))
    (func (export "pages") (result i64) (memory.size))
    (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
    (func (export "poke") (param i64) (i64.store (local.get 0) (i64.const -1)))
    (func (export "peek") (param i64) (result i64) (i64.load (local.get 0))))
  (core instance $m (instantiate $M (with "libc" (instance $libc)) (with "" (instance
    (export "f" (func $f')) (export "new" (func $new)) (export "rep" (func $rep))))))
  (func (export "tell") (param "a" string) (result string) (canon lift (core func $m "tell") ${options()}))
  (func (export "give") (param "p" u64) (param "n" u64) (result string) (canon lift (core func $m "give") ${options()}))
  (func (export "forget") (canon lift (core func $m "forget")))
  (func (export "told") (result u64) (canon lift (core func $m "told")))
  (func (export "keep") (param "a" u64) (result u64) (canon lift (core func $m "keep")))
  (func (export "handle") (result u32) (canon lift (core func $m "handle")))
  (func (export "pages") (result u64) (canon lift (core func $m "pages")))
  (func (export "grow") (param "by" u64) (result s64) (canon lift (core func $m "grow")))
  (func (export "poke") (param "at" u64) (canon lift (core func $m "poke")))
  (func (export "peek") (param "at" u64) (result u64) (canon lift (core func $m "peek"))))`

/** A page more than addresses of 32 bits reach. */
const VAST = `(component
  (core module $M
    (memory i64 65537)
    (data (i64.const 4294967296) "beyond")
    (func (export "poke") (param i64) (i64.store (local.get 0) (i64.const -1)))
    (func (export "peek") (param i64) (result i64) (i64.load (local.get 0))))
  (core instance $m (instantiate $M))
  (func (export "poke") (param "at" u64) (canon lift (core func $m "poke")))
  (func (export "peek") (param "at" u64) (result u64) (canon lift (core func $m "peek"))))`

const {findings} = detectTier()

for (const {tier: name, usable, reason} of findings)
  describe(`restoring by ${name}`, {skip: usable ? false : reason}, () => {
    const {tier} = detectTier({prefer: name})
    const imports = rootImports({f: hostFunction((_, said: string) => said.toUpperCase())})

    test('each event finds the memory as the first did, whatever was written and however it grew', async () => {
      const {call, sandbox} = await sandboxOf(DIARY, imports, {tier})
      for (let event = 0; event < 4; event++) {
        assert.equal(call('pages'), 1n)
        assert.equal(call('give', 512n, 5n), 'begun')
        assert.equal(call('told'), 0n)
        assert.equal(call('handle'), 1, 'the first handle again')
        const long = 'Eintagsfliege '.repeat(20_000)
        assert.equal(call('tell', 'a butterfly? 🦋'), 'A BUTTERFLY? 🦋')
        assert.equal(call('tell', long), long.toUpperCase())
        assert.ok(call('pages') > 8n, 'realloc has grown the memory')
        assert.equal(call('told'), 202n)
        assert.equal(call('keep', 2n ** 64n - 1n), 2n ** 64n - 1n)
        call('forget')
        const before: bigint = call('pages')
        assert.equal(call('grow', 40n), before)
        const last = (before + 40n) * 65_536n - 8n
        assert.equal(call('peek', last), 0n)
        call('poke', last)
        assert.equal(call('peek', last), 2n ** 64n - 1n)
        sandbox.restore()
        assert.ok(!sandbox.spent)
      }
    })

    test('no growth goes beyond the limit, nor any that no memory could reach', async () => {
      const {call, sandbox} = await sandboxOf(DIARY, imports, {tier, limitPages: 64})
      for (let event = 0; event < 3; event++) {
        assert.equal(call('grow', 20n), 1n)
        assert.equal(call('grow', 2n ** 40n), -1n)
        assert.equal(call('grow', 2n ** 63n), -1n)
        assert.equal(call('pages'), 21n)
        sandbox.restore()
      }
    })

    test('what lies between the size that the guest sees and what is really there is out of bounds', async () => {
      const {call, sandbox} = await sandboxOf(DIARY, imports, {tier})
      call('tell', 'x'.repeat(300_000))
      assert.equal(call('give', 200_000n, 3n), 'xxx')
      sandbox.restore()
      assert.equal(call('give', 65_533n, 3n), '\0\0\0')
      assert.throws(() => call('give', 200_000n, 3n), {code: 'TRAP_OUT_OF_BOUNDS'})
    })

    // Copied, all of it would be there twice.
    test('an image of more than 4 GiB', {skip: name === 'copy'}, async () => {
      const {call, sandbox} = await sandboxOf(VAST, new Map(), {tier, limitPages: 65_600})
      const first: bigint = call('peek', 2n ** 32n)
      assert.equal(first & 0xffffn, 0x6562n)
      for (let event = 0; event < 3; event++) {
        for (const at of [0n, 2n ** 32n, 2n ** 32n + 65_528n]) call('poke', at)
        sandbox.restore()
        assert.equal(call('peek', 0n), 0n)
        assert.equal(call('peek', 2n ** 32n), first)
        assert.equal(call('peek', 2n ** 32n + 65_528n), 0n)
      }
    })
  })
