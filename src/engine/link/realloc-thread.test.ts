import assert from 'node:assert/strict'
import {test} from 'node:test'
import {sandboxOf} from './link.fixtures.ts'

test('realloc runs on a thread of its own: context slots are empty at each call, and those of the caller stay', async () => {
  const context = `
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))`
  const given = '(with "context" (instance (export "get" (func $get)) (export "set" (func $set))))'
  const imports = `
    (import "context" "get" (func $get (result i32)))
    (import "context" "set" (func $set (param i32)))`
  const libc = `(core module $Libc ${imports}
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (call $get) (then unreachable))
        (call $set (i32.const 7))
        (if (i32.ne (call $get) (i32.const 7)) (then unreachable))
        (global.set $next (i32.add (global.get $next) (i32.const 64)))
        (global.get $next)))
    (core instance $libc (instantiate $Libc ${given}))`
  const options = '(memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))'
  const {call} = await sandboxOf(`(component
    (component $Callee ${context} ${libc}
      (core module $M ${imports} (import "libc" "memory" (memory 1))
        (func (export "join") (param i32 i32 i32 i32) (result i32)
          (if (call $get) (then unreachable))
          (call $set (i32.const 8))
          (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0)))
      (core instance $m (instantiate $M ${given} (with "libc" (instance $libc))))
      (func (export "join") (param "a" string) (param "b" string) (result string)
        (canon lift (core func $m "join") ${options})))
    (instance $callee (instantiate $Callee))
    (component $Caller ${context} ${libc}
      (import "join" (func $join (param "a" string) (param "b" string) (result string)))
      (core func $join' (canon lower (func $join) ${options}))
      (core module $M ${imports}
        (import "" "join" (func $join (param i32 i32 i32 i32 i32)))
        (func (export "run") (param i32 i32) (result i32)
          (call $set (i32.const 9))
          (call $join (local.get 0) (local.get 1) (local.get 0) (local.get 1) (i32.const 16))
          (call $get)))
      (core instance $m (instantiate $M ${given} (with "" (instance (export "join" (func $join'))))))
      (func (export "run") (param "a" string) (result u32) (canon lift (core func $m "run") ${options})))
    (instance $caller (instantiate $Caller (with "join" (func $callee "join"))))
    (export "run" (func $caller "run")))`)
  assert.equal(call('run', 'text'), 9)
})
