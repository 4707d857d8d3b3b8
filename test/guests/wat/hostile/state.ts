// guests/wat/hostile/state.ts: every place where an event could leave something behind for the next one.
// Each counts there and answers the count: 1 in a fresh sandbox.

import {componentText} from '../component.ts'
import {answers, type Expected, type HostileGuest, handler} from './case.ts'

const RESPOND = '(call $respond-number (local.get $out) (local.get $count))'

/** `next` counts and leaves the count on the stack. */
const counter = (
  where: string,
  about: string,
  next: string,
  fields: string,
  expected?: Expected,
): HostileGuest => ({
  name: `counter-${where}`,
  about: `counts in ${about}`,
  text: componentText({main: handler(`(local $count i32) (local.set $count ${next}) ${RESPOND}`, fields)}),
  expected: expected ?? answers('1\n'),
})

const exotic: Expected = {
  ...answers('1\n'),
  status: [200, 500],
  codes: ['LINK_UNSUPPORTED', 'VALIDATE_INVALID'],
  atStart: true,
}

/** A function for each of the numbers 0..9, so that a table entry can stand for one. */
const DIGITS = Array.from({length: 10}, (_, n) => `(func $digit-${n} (result i32) (i32.const ${n}))`).join(
  ' ',
)
const DIGIT_NAMES = Array.from({length: 10}, (_, n) => `$digit-${n}`).join(' ')

export const STATE: readonly HostileGuest[] = [
  counter(
    'global',
    'a global',
    '(i32.add (global.get $n) (i32.const 1)) (global.set $n (local.get $count))',
    '(global $n (mut i32) (i32.const 0))',
  ),
  counter(
    'global-i64',
    'a 64-bit global that no double can hold',
    `(i32.wrap_i64 (i64.sub (global.get $n) (i64.const 0x7ffffffffffffff0)))
     (global.set $n (i64.add (global.get $n) (i64.const 1)))`,
    '(global $n (mut i64) (i64.const 0x7ffffffffffffff1))',
  ),
  counter(
    'global-nan',
    "the payload of a global's NaN",
    `(i32.wrap_i64 (i64.sub (i64.reinterpret_f64 (global.get $n)) (i64.const 0x7ff8000000000064)))
     (global.set $n (f64.reinterpret_i64 (i64.add (i64.reinterpret_f64 (global.get $n)) (i64.const 1))))`,
    '(global $n (mut f64) (f64.const nan:0x8000000000065))',
  ),
  counter(
    'global-v128',
    'a vector global, which JavaScript cannot read',
    `(i32.add (i32x4.extract_lane 3 (global.get $n)) (i32.const 1))
     (global.set $n (i32x4.replace_lane 3 (global.get $n) (local.get $count)))`,
    '(global $n (mut v128) (v128.const i32x4 7 7 7 0))',
  ),
  counter(
    'global-funcref',
    'whether a global holds a function',
    '(i32.sub (i32.const 2) (ref.is_null (global.get $f))) (global.set $f (ref.func $handle))',
    '(global $f (mut funcref) (ref.null func)) (elem declare func $handle)',
  ),
  counter(
    'global-exnref',
    'whether a global holds an exception, which JavaScript cannot read',
    `(i32.sub (i32.const 2) (ref.is_null (global.get $e)))
     (global.set $e (block $caught (result exnref)
       (try_table (catch_all_ref $caught) (throw $tag)) (unreachable)))`,
    '(tag $tag) (global $e (mut exnref) (ref.null exn))',
    exotic,
  ),
  {
    name: 'counter-global-elsewhere',
    about: "counts in a global of the component's other core module",
    text: componentText({
      main: handler(`
        (local $count i32)
        (local.set $count (i32.sub (global.get $heap) (i32.const 4095)))
        (global.set $heap (i32.add (global.get $heap) (i32.const 1)))
        ${RESPOND}`),
    }),
    expected: answers('1\n'),
  },
  counter(
    'memory',
    'memory',
    '(i32.add (i32.load (i32.const 2048)) (i32.const 1)) (i32.store (i32.const 2048) (local.get $count))',
    '',
  ),
  counter(
    'second-memory',
    'a second memory',
    '(i32.add (i32.load $m (i32.const 70000)) (i32.const 1)) (i32.store $m (i32.const 70000) (local.get $count))',
    '(memory $m 2)',
  ),
  counter(
    'memory64',
    'a memory with 64-bit addresses',
    '(i32.add (i32.load $m (i64.const 70000)) (i32.const 1)) (i32.store $m (i64.const 70000) (local.get $count))',
    '(memory $m i64 2)',
    exotic,
  ),
  counter(
    'shared-memory',
    'a shared memory of its own',
    '(i32.add (i32.atomic.rmw.add $m (i32.const 8) (i32.const 1)) (i32.const 1))',
    '(memory $m 1 1 shared)',
    exotic,
  ),
  counter(
    'table',
    'which function a table entry holds',
    `(i32.add (call_indirect $t (result i32) (i32.const 0)) (i32.const 1))
     (table.set $t (i32.const 0) (table.get $t (i32.add (i32.const 1) (local.get $count))))`,
    `${DIGITS}
     (table $t 11 funcref) (elem (table $t) (i32.const 0) func $digit-0 ${DIGIT_NAMES})`,
  ),
  counter(
    'table-size',
    "a table's size",
    '(table.grow $t (ref.null func) (i32.const 1))',
    '(table $t 1 funcref)',
  ),
  counter(
    'table-copy',
    'a table that it copies over and fills',
    `(i32.add (call_indirect $t (result i32) (i32.const 0)) (i32.const 1))
     (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 9))
     (table.fill $t (i32.const 5) (ref.null func) (i32.const 5))`,
    `${DIGITS} (table $t 10 funcref) (elem (table $t) (i32.const 0) func ${DIGIT_NAMES})`,
  ),
  counter(
    'gc-struct',
    'a field of a garbage-collected struct: its reference stays, its content changes',
    `(i32.add (struct.get $cell 0 (global.get $n)) (i32.const 1))
     (struct.set $cell 0 (global.get $n) (local.get $count))`,
    '(type $cell (struct (field (mut i32)))) (global $n (ref $cell) (struct.new $cell (i32.const 0)))',
    exotic,
  ),
  counter(
    'gc-array',
    'an element of a garbage-collected array that a table holds',
    `(i32.add (array.get $cells (table.get $t (i32.const 0)) (i32.const 3)) (i32.const 1))
     (array.set $cells (table.get $t (i32.const 0)) (i32.const 3) (local.get $count))`,
    `(type $cells (array (mut i32)))
     (table $t 1 1 (ref $cells) (array.new $cells (i32.const 0) (i32.const 4)))`,
    exotic,
  ),
  counter(
    'data-drop',
    'whether a data segment is still there: a dropped one traps',
    `(block (result i32)
       (memory.init $once (i32.const 2048) (i32.const 0) (i32.const 4))
       (data.drop $once)
       (i32.load (i32.const 2048)))`,
    '(data $once "\\01\\00\\00\\00")',
  ),
  counter(
    'element-drop',
    'whether an element segment is still there: a dropped one traps',
    `(block (result i32)
       (table.init $t $once (i32.const 0) (i32.const 0) (i32.const 1))
       (elem.drop $once)
       (call_indirect $t (result i32) (i32.const 0)))`,
    `${DIGITS} (table $t 1 funcref) (elem $once func $digit-1)`,
  ),
  {
    name: 'canary-everywhere',
    about: 'answers in how many words of its memory it finds a canary, then writes it over the whole memory',
    text: componentText({
      memory: [16],
      main: handler(`
        (local $at i32) (local $found i32)
        (loop $next
          (local.set $found (i32.add (local.get $found)
            (i64.eq (i64.load (local.get $at)) (i64.const 0xa5a5a5a5a5a5a5a5))))
          (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 1048576))))
        (call $respond-number (local.get $out) (local.get $found))
        (memory.fill (i32.const 0) (i32.const 0xa5) (i32.const 1048576))`),
    }),
    expected: answers('0\n'),
  },
  {
    name: 'two-modules',
    about: 'counts in memory and table that two core modules share, each calling the other through the table',
    text: componentText({
      allocator: '(table $shared (export "shared") 2 funcref)',
      before: `
  (core module $other
    (import "libc" "memory" (memory 1))
    (import "libc" "shared" (table $shared 2 funcref))
    (global $calls (mut i32) (i32.const 0))
    (elem (table $shared) (i32.const 1) func $bump)
    (func $bump (export "bump") (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
      (drop (call_indirect $shared (result i32) (i32.const 0)))
      (global.get $calls)))
  (core instance $other (instantiate $other (with "libc" (instance $libc))))`,
      with: '(with "other" (instance $other))',
      imports: `
    (import "libc" "shared" (table $shared 2 funcref))
    (import "other" "bump" (func $bump (result i32)))`,
      main: handler(
        `
        (local $count i32)
        (local.set $count (i32.add
          (call_indirect $shared (result i32) (i32.const 1))
          (i32.add (call $bump) (i32.load (i32.const 2048)))))
        ${RESPOND}`,
        `(elem (table $shared) (i32.const 0) func $back)
         (func $back (result i32)
           (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 10)))
           (i32.const 0))`,
      ),
    }),
    expected: answers('25\n'),
  },
]
