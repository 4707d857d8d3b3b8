// engine/link/async-host.fixtures.ts: a guest that hands on streams and futures of any type, for tests of their border.
import type {HostItem} from './imports.ts'

/** Where elements are copied through, and how many at once. */
const BUFFER = 4096
const CAPACITY = 8

/**
 * `echo` returns a stream of what it reads of the one it is given, and `echo-future` likewise; `read` reads so many
 * elements, then drops the stream. All read and write in the middle of their code. `element` is a type as text; `before`
 * may define what it names, and `more` exports besides. `address` is that of its memory.
 */
export function echo(element: string, before = '', more = '', address: 'i32' | 'i64' = 'i32'): string {
  const a = address
  const narrow = (result: string) => (a === 'i32' ? result : `(i32.wrap_i64 ${result})`)
  const wide = (length: string) => (a === 'i32' ? length : `(i64.extend_i32_u ${length})`)
  return `(component
  ${before}
  (type $S (stream ${element}))
  (type $F (future ${element}))
  (core module $Memory
    (memory (export "m") ${a} 1)
    (global $free (mut ${a}) (${a}.const 16384))
    (func (export "realloc") (param ${a} ${a} ${a} ${a}) (result ${a})
      (global.set $free (${a}.and (${a}.add (global.get $free) (${a}.const 7)) (${a}.const -8)))
      (global.get $free)
      (global.set $free (${a}.add (global.get $free) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "m" (core memory $m))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $new (canon stream.new $S))
  (core func $read (canon stream.read $S (memory $m) (realloc $realloc)))
  (core func $write (canon stream.write $S (memory $m) (realloc $realloc)))
  (core func $drop-r (canon stream.drop-readable $S))
  (core func $drop-w (canon stream.drop-writable $S))
  (core func $new-f (canon future.new $F))
  (core func $read-f (canon future.read $F (memory $m) (realloc $realloc)))
  (core func $write-f (canon future.write $F (memory $m) (realloc $realloc)))
  (core func $drop-rf (canon future.drop-readable $F))
  (core func $drop-wf (canon future.drop-writable $F))
  (core func $return (canon task.return (result $S)))
  (core func $return-f (canon task.return (result $F)))
  (core func $return-n (canon task.return (result u32)))
  (core module $M
    (import "" "new" (func $new (result i64)))
    (import "" "read" (func $read (param i32 ${a} ${a}) (result ${a})))
    (import "" "write" (func $write (param i32 ${a} ${a}) (result ${a})))
    (import "" "drop-r" (func $drop-r (param i32)))
    (import "" "drop-w" (func $drop-w (param i32)))
    (import "" "new-f" (func $new-f (result i64)))
    (import "" "read-f" (func $read-f (param i32 ${a}) (result i32)))
    (import "" "write-f" (func $write-f (param i32 ${a}) (result i32)))
    (import "" "drop-rf" (func $drop-rf (param i32)))
    (import "" "drop-wf" (func $drop-wf (param i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "return-f" (func $return-f (param i32)))
    (import "" "return-n" (func $return-n (param i32)))
    (func (export "id") (param i32) (result i32) (local.get 0))
    (func (export "echo") (param $in i32) (local $out i32) (local $n i32) (local $packed i64)
      (local.set $packed (call $new))
      (local.set $out (i32.wrap_i64 (i64.shr_u (local.get $packed) (i64.const 32))))
      (call $return (i32.wrap_i64 (local.get $packed)))
      (block $end
        (loop $again
          (local.set $n ${narrow(`(call $read (local.get $in) (${a}.const ${BUFFER}) (${a}.const ${CAPACITY}))`)})
          (if (i32.shr_u (local.get $n) (i32.const 4)) (then
            (br_if $end (i32.and
              ${narrow(`(call $write (local.get $out) (${a}.const ${BUFFER}) ${wide('(i32.shr_u (local.get $n) (i32.const 4))')})`)}
              (i32.const 15)))))
          (br_if $again (i32.eqz (i32.and (local.get $n) (i32.const 15))))))
      (call $drop-r (local.get $in))
      (call $drop-w (local.get $out)))
    (func (export "echo-future") (param $in i32) (local $packed i64)
      (local.set $packed (call $new-f))
      (call $return-f (i32.wrap_i64 (local.get $packed)))
      (drop (call $read-f (local.get $in) (${a}.const ${BUFFER})))
      (drop (call $write-f (i32.wrap_i64 (i64.shr_u (local.get $packed) (i64.const 32))) (${a}.const ${BUFFER})))
      (call $drop-rf (local.get $in))
      (call $drop-wf (i32.wrap_i64 (i64.shr_u (local.get $packed) (i64.const 32)))))
    (func (export "read") (param $in i32) (param $count i32) (local $n i32) (local $all i32)
      (block $end
        (loop $again
          (br_if $end (i32.ge_u (local.get $all) (local.get $count)))
          (local.set $n ${narrow(`(call $read (local.get $in) (${a}.const ${BUFFER}) (${a}.const 1))`)})
          (local.set $all (i32.add (local.get $all) (i32.shr_u (local.get $n) (i32.const 4))))
          (br_if $again (i32.eqz (i32.and (local.get $n) (i32.const 15))))))
      (call $drop-r (local.get $in))
      (call $return-n (local.get $all)))
    (func (export "drop-future") (param i32) (call $drop-rf (local.get 0))))
  (core instance $i (instantiate $M (with "" (instance
    (export "new" (func $new)) (export "read" (func $read)) (export "write" (func $write))
    (export "drop-r" (func $drop-r)) (export "drop-w" (func $drop-w))
    (export "new-f" (func $new-f)) (export "read-f" (func $read-f)) (export "write-f" (func $write-f))
    (export "drop-rf" (func $drop-rf)) (export "drop-wf" (func $drop-wf))
    (export "return" (func $return)) (export "return-f" (func $return-f)) (export "return-n" (func $return-n))))))
  (func (export "echo") async (param "in" $S) (result $S) (canon lift (core func $i "echo") async))
  (func (export "echo-future") async (param "in" $F) (result $F) (canon lift (core func $i "echo-future") async))
  (func (export "read") async (param "in" $S) (param "count" u32) (result u32) (canon lift (core func $i "read") async))
  (func (export "drop-future") (param "in" $F) (canon lift (core func $i "drop-future")))
  ${more})`
}

export type Items = Readonly<Record<string, HostItem>>

/** Calls the imports `sync` and `soon` of async type: at once, and beside what else it does. */
export const CALLER = `(component
  (import "slow" (func $slow async (param "n" u32) (result u32)))
  (core module $Memory (memory (export "m") 1))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "m" (core memory $m))
  (core func $sync (canon lower (func $slow)))
  (core func $soon (canon lower (func $slow) async (memory $m)))
  (core func $set (canon waitable-set.new))
  (core func $wait (canon waitable-set.wait (memory $m)))
  (core func $join (canon waitable.join))
  (core func $cancel (canon subtask.cancel))
  (core func $drop (canon subtask.drop))
  (core func $return (canon task.return (result u32)))
  (core module $M
    (import "" "m" (memory 1))
    (import "" "sync" (func $sync (param i32) (result i32)))
    (import "" "soon" (func $soon (param i32 i32) (result i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "wait" (func $wait (param i32 i32) (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "cancel" (func $cancel (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "return" (func $return (param i32)))
    (func (export "sync") (param i32) (call $return (call $sync (local.get 0))))
    (func (export "plain") (param i32) (result i32) (call $sync (local.get 0)))
    ;; Two calls at once; the sum of their results, or what a call gives that is over at once.
    (func (export "both") (param i32) (local $a i32) (local $b i32) (local $set i32)
      (local.set $a (call $soon (local.get 0) (i32.const 64)))
      (local.set $b (call $soon (i32.add (local.get 0) (i32.const 1)) (i32.const 68)))
      (if (i32.ne (i32.and (local.get $a) (i32.const 15)) (i32.const 2)) (then
        (local.set $set (call $set))
        (call $join (i32.shr_u (local.get $a) (i32.const 4)) (local.get $set))
        (call $join (i32.shr_u (local.get $b) (i32.const 4)) (local.get $set))
        (drop (call $wait (local.get $set) (i32.const 0)))
        (call $drop (i32.load (i32.const 0)))
        (drop (call $wait (local.get $set) (i32.const 0)))
        (call $drop (i32.load (i32.const 0)))))
      (call $return (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68)))))
    ;; The state in which a call ends that is cancelled.
    (func (export "cancel") (param i32) (local $a i32)
      (local.set $a (i32.shr_u (call $soon (local.get 0) (i32.const 64)) (i32.const 4)))
      (call $return (call $cancel (local.get $a))))
    ;; Leaves a call behind.
    (func (export "leave") (param i32) (drop (call $soon (local.get 0) (i32.const 4096))) (call $return (i32.const 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
  (core instance $i (instantiate $M (with "" (instance
    (export "m" (memory $m)) (export "sync" (func $sync)) (export "soon" (func $soon)) (export "set" (func $set))
    (export "wait" (func $wait)) (export "join" (func $join)) (export "cancel" (func $cancel))
    (export "drop" (func $drop)) (export "return" (func $return))))))
  (func (export "sync") async (param "n" u32) (result u32) (canon lift (core func $i "sync") async))
  (func (export "plain") (param "n" u32) (result u32) (canon lift (core func $i "plain")))
  (func (export "both") async (param "n" u32) (result u32) (canon lift (core func $i "both") async))
  (func (export "cancel") async (param "n" u32) (result u32) (canon lift (core func $i "cancel") async))
  (func (export "leave") async (param "n" u32) (result u32) (canon lift (core func $i "leave") async))
  (func (export "load") (param "at" u32) (result u32) (canon lift (core func $i "load"))))`
