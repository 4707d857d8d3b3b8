// cli/run-p3.fixtures.ts: for tests: programs of WASI 0.3 in text form.

const RUN = 'wasi:cli/run@0.3.0'

/** A component with one core module, whose imports are the core functions `given`, by name. */
export const program = (
  body: string,
  {before = '', lowered = '', given = [] as string[], run = RUN} = {},
): string => `(component
  ${before}
  (core func $return (canon task.return (result (result))))
  (core module $Memory (memory (export "m") 1))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "m" (core memory $m))
  ${lowered}
  (core module $M
    (import "" "m" (memory 1))
    (import "" "return" (func $return (param i32)))
    ${body})
  (core instance $i (instantiate $M (with "" (instance
    (export "m" (memory $m)) (export "return" (func $return))
    ${given.map(name => `(export "${name}" (func $${name}))`).join(' ')}))))
  (func $run async (result (result)) (canon lift (core func $i "run") async))
  (component $C (import "run" (func $f async (result (result)))) (export "run" (func $f)))
  (instance $run' (instantiate $C (with "run" (func $run))))
  (export "${run}" (instance $run')))`

export const returning = (result: number, run = RUN): string =>
  program(`(func (export "run") (call $return (i32.const ${result})))`, {run})

export const EXIT = {
  before: `(import "wasi:cli/exit@0.3.0" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
    (core func $exit' (canon lower (func $exit "exit-with-code")))`,
  given: ["exit'"],
}
const CODES = `(import "wasi:cli/types@0.3.0" (instance $types
    (type $e' (enum "io" "illegal-byte-sequence" "pipe")) (export "error-code" (type $e (eq $e')))))
  (alias export $types "error-code" (type $code))`
const STDIO = `${CODES}
  (import "wasi:cli/stdin@0.3.0" (instance $stdin
    (alias outer 1 $code (type $c)) (export "error-code" (type $e (eq $c)))
    (export "read-via-stream" (func (result (tuple (stream u8) (future (result (error $e)))))))))
  (import "wasi:cli/stdout@0.3.0" (instance $stdout
    (alias outer 1 $code (type $c)) (export "error-code" (type $e (eq $c)))
    (export "write-via-stream" (func (param "data" (stream u8)) (result (future (result (error $e))))))))
  (type $ended (future (result (error $code))))`
const LOWERED = `(core func $stdin' (canon lower (func $stdin "read-via-stream") (memory $m)))
  (core func $stdout' (canon lower (func $stdout "write-via-stream")))
  (core func $await (canon future.read $ended (memory $m)))`

/** Gives standard input on as standard output, and returns what both came to. */
export const CAT = program(
  `(import "" "stdin'" (func $stdin (param i32))) (import "" "stdout'" (func $stdout (param i32) (result i32)))
  (import "" "await" (func $await (param i32 i32) (result i32)))
  (func (export "run")
    (call $stdin (i32.const 0))
    (drop (call $await (call $stdout (i32.load (i32.const 0))) (i32.const 16)))
    (drop (call $await (i32.load (i32.const 4)) (i32.const 20)))
    (call $return (i32.or (i32.load8_u (i32.const 16)) (i32.load8_u (i32.const 20)))))`,
  {before: STDIO, lowered: LOWERED, given: ["stdin'", "stdout'", 'await']},
)
