// e2e/harness/halves.ts: components in text form that are half of something: a program or a service when composed.
import {program} from '../../../src/cli/run-p3.fixtures.ts'
import {componentText} from '../../guests/wat/component.ts'

const LIBC = `(core module $Libc
    (memory (export "m") 1)
    (global $heap (export "heap") (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
      (global.set $heap (i32.add (local.get $at) (local.get 3)))
      (memory.copy (local.get $at) (local.get 0) (local.get 1))
      (local.get $at)))
  (core instance $libc (instantiate $Libc))
  (alias core export $libc "m" (core memory $m))
  (alias core export $libc "realloc" (core func $realloc))`

/** Writes what `join` makes of its arguments, and succeeds if there are any but its name. */
export const SAYS_ARGUMENTS = `(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-arguments" (func (result (list string))))))
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $io-error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output (sub resource)))
    (alias outer 1 $io-error (type $e')) (export "error" (type $e (eq $e')))
    (type $failed' (variant (case "last-operation-failed" (own $e)) (case "closed")))
    (export "stream-error" (type $failed (eq $failed')))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output)) (param "contents" (list u8)) (result (result (error $failed)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $output')) (export "output-stream" (type $o (eq $output')))
    (export "get-stdout" (func (result (own $o))))))
  (import "test:words/words@1.0.0" (instance $words
    (export "join" (func (param "words" (list string)) (result string)))))
  ${LIBC}
  (core func $arguments (canon lower (func $environment "get-arguments") (memory $m) (realloc $realloc)))
  (core func $stdout' (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory $m) (realloc $realloc)))
  (core func $join (canon lower (func $words "join") (memory $m) (realloc $realloc)))
  (core module $Main
    (import "libc" "m" (memory 1))
    (import "" "arguments" (func $arguments (param i32)))
    (import "" "stdout" (func $stdout (result i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (import "" "join" (func $join (param i32 i32 i32)))
    (func (export "run") (result i32)
      (call $arguments (i32.const 0))
      (call $join
        (i32.add (i32.load (i32.const 0)) (i32.const 8)) (i32.sub (i32.load (i32.const 4)) (i32.const 1)) (i32.const 8))
      (call $write (call $stdout) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.const 16))
      (i32.eq (i32.load (i32.const 4)) (i32.const 1))))
  (core instance $main (instantiate $Main (with "libc" (instance $libc)) (with "" (instance
    (export "arguments" (func $arguments)) (export "stdout" (func $stdout'))
    (export "write" (func $write)) (export "join" (func $join))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $run' (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run')))`

/** Joins words with line ends; its strings are UTF-16. */
export const JOINS = `(component
  ${LIBC}
  (core module $Main
    (import "libc" "m" (memory 1))
    (import "libc" "heap" (global $heap (mut i32)))
    (func (export "join") (param $word i32) (param $count i32) (result i32) (local $at i32) (local $bytes i32)
      (local.set $at (i32.const 1024))
      (block $done (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $bytes (i32.shl (i32.load offset=4 (local.get $word)) (i32.const 1)))
        (memory.copy (local.get $at) (i32.load (local.get $word)) (local.get $bytes))
        (local.set $at (i32.add (local.get $at) (local.get $bytes)))
        (i32.store16 (local.get $at) (i32.const 10))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (local.set $word (i32.add (local.get $word) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.shr_u (i32.sub (local.get $at) (i32.const 1024)) (i32.const 1)))
      (i32.const 0)))
  (core instance $main (instantiate $Main (with "libc" (instance $libc))))
  (func $join (param "words" (list string)) (result string)
    (canon lift (core func $main "join") (memory $m) (realloc $realloc) string-encoding=utf16))
  (instance $words (export "join" (func $join)))
  (export "test:words/words@1.1.0" (instance $words)))`

/** Succeeds if the answer is 42. */
export const ASKS = program(
  '(import "" "answer\'" (func $answer (result i32))) (func (export "run") (call $return (i32.ne (call $answer) (i32.const 42))))',
  {
    before: `(import "test:deep/thought@1.0.0" (instance $thought (export "answer" (func async (result u32)))))
    (core func $answer' (canon lower (func $thought "answer")))`,
    given: ["answer'"],
  },
)

export const thinks = (answer: number): string => `(component
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    (export "wait-for" (func async (param "how-long" u64)))))
  (core func $wait (canon lower (func $clock "wait-for")))
  (core func $return (canon task.return (result u32)))
  (core module $M
    (import "" "wait" (func $wait (param i64)))
    (import "" "return" (func $return (param i32)))
    (func (export "answer") (call $wait (i64.const 1000000)) (call $return (i32.const ${answer}))))
  (core instance $m (instantiate $M (with "" (instance (export "wait" (func $wait)) (export "return" (func $return))))))
  (func $answer async (result u32) (canon lift (core func $m "answer") async))
  (instance $thought (export "answer" (func $answer)))
  (export "test:deep/thought@1.0.0" (instance $thought)))`

/** Answers /N itself, and passes on what is asked otherwise. */
export const ANSWERS_NUMBERS = componentText({
  before: `
  (import "wasi:http/incoming-handler@0.2.12" (instance $next
    (alias outer 1 $incoming-request (type $request'))
    (export "incoming-request" (type $request (eq $request')))
    (alias outer 1 $response-outparam (type $out'))
    (export "response-outparam" (type $out (eq $out')))
    (export "handle" (func (param "request" (own $request)) (param "response-out" (own $out))))))
  (core func $next' (canon lower (func $next "handle")))`,
  imports: '(import "next" "handle" (func $next (param i32 i32)))',
  with: `(with "next" (instance (export "handle" (func $next'))))`,
  main: `
    (func $handle (param $request i32) (param $out i32) (local $number i32)
      (local.set $number (call $path-number (local.get $request)))
      (if (local.get $number)
        (then
          (call $respond-number (local.get $out) (local.get $number))
          (call $drop.incoming-request (local.get $request)))
        (else (call $next (local.get $request) (local.get $out)))))`,
})
