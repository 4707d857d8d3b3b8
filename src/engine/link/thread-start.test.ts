import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {sandboxOf} from './link.fixtures.ts'

const MOST = 2n ** 64n - 1n

describe('threads start with a number of 64 bits, from a table of either kind', () => {
  const text = (table: 'i32' | 'i64', argument: 'i32' | 'i64', start: 'i32' | 'i64' = argument) => `(component
    (core type $start (func (param ${argument})))
    (core module $T (table (export "t") ${table} 4 funcref))
    (core instance $t (instantiate $T))
    (core func $new (canon thread.new-indirect $start (core table $t "t")))
    (core func $go (canon thread.yield-then-resume))
    (core module $M
      (import "t" "t" (table ${table} 4 funcref))
      (import "" "new" (func $new (param ${table} ${argument}) (result i32)))
      (import "" "go" (func $go (param i32) (result i32)))
      (global $got (mut i64) (i64.const 0))
      (func $start (param ${start})
        (global.set $got ${start === 'i64' ? '(local.get 0)' : '(i64.extend_i32_u (local.get 0))'}))
      (elem (offset (${table}.const 2)) func $start)
      (func (export "run") (param ${table} ${argument}) (result i64)
        (drop (call $go (call $new (local.get 0) (local.get 1))))
        (global.get $got)))
    (core instance $m (instantiate $M (with "t" (instance $t)) (with "" (instance
      (export "new" (func $new)) (export "go" (func $go))))))
    (func (export "run") async (param "index" ${table === 'i64' ? 'u64' : 'u32'}) (param "a" ${argument === 'i64' ? 'u64' : 'u32'})
      (result u64) (canon lift (core func $m "run"))))`
  const value = (type: 'i32' | 'i64', number: bigint) => (type === 'i64' ? number : Number(number))

  for (const table of ['i32', 'i64'] as const)
    for (const argument of ['i32', 'i64'] as const)
      test(`${table} → ${argument}`, async () => {
        const most = argument === 'i64' ? MOST : 2n ** 32n - 1n
        const {call, sandbox} = await sandboxOf(text(table, argument))
        for (let event = 0; event < 2; event++) {
          assert.equal(await call('run', value(table, 2n), value(argument, most)), most)
          await sandbox.whenIdle()
          sandbox.restore()
        }
        const wrong: [string, bigint][] = [
          [text(table, argument), 1n],
          [text(table, argument), 4n],
          [text(table, argument), table === 'i64' ? MOST : 2n ** 32n - 1n],
          [text(table, argument, argument === 'i64' ? 'i32' : 'i64'), 2n],
          ...(table === 'i64' ? [[text(table, argument), 2n ** 32n + 2n] as [string, bigint]] : []),
        ]
        for (const [component, index] of wrong) {
          const other = await sandboxOf(component)
          await assert.rejects(
            async () => other.call('run', value(table, index), value(argument, 1n)),
            {code: 'TRAP_ASYNC'},
            String(index),
          )
        }
      })
})

test('no thread is started by who may not leave, whatever is at its index', async () => {
  const {call} = await sandboxOf(`(component
    (core type $start (func (param i32)))
    (core module $T (table (export "t") 1 funcref))
    (core instance $t (instantiate $T))
    (core func $new (canon thread.new-indirect $start (core table $t "t")))
    (core module $M
      (import "" "new" (func $new (param i32 i32) (result i32)))
      (func (export "run"))
      (func (export "after") (drop (call $new (i32.const 0) (i32.const 0)))))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "run") (canon lift (core func $m "run") (post-return (core func $m "after")))))`)
  await assert.rejects(async () => call('run'), {code: 'TRAP_CANNOT_LEAVE'})
})
