// guests/wat/helpers.ts: core functions that many of the text guests need, added where they are mentioned.

/** Where results are returned that are too big for a register. */
export const RET = 0
const DIGITS_END = 96
const TEXT = 128

const data = (at: number, text: string): string => `(data (i32.const ${at}) "${text}")`

export const HELPERS: Readonly<Record<string, string>> = {
  /** Makes the headers with content-type text/plain. */
  'new-headers': `
    ${data(TEXT, 'content-typetext/plain')}
    (func $new-headers (result i32)
      (local $fields i32)
      (local.set $fields (call $fields.new))
      (call $fields.append (local.get $fields)
        (i32.const ${TEXT}) (i32.const 12) (i32.const ${TEXT + 12}) (i32.const 10) (i32.const ${RET}))
      (local.get $fields))`,

  /** Hands the response over and answers the handle of its body. */
  'open-body': `
    (func $open-body (param $out i32) (param $fields i32) (param $status i32) (result i32)
      (local $response i32) (local $body i32)
      (local.set $response (call $response.new (local.get $fields)))
      (drop (call $response.set-status (local.get $response) (local.get $status)))
      (call $response.body (local.get $response) (i32.const ${RET}))
      (local.set $body (i32.load offset=4 (i32.const ${RET})))
      (call $set-ok (local.get $out) (local.get $response))
      (local.get $body))`,

  'set-ok': `
    (func $set-ok (param $out i32) (param $response i32)
      (call $outparam.set (local.get $out) (i32.const 0) (local.get $response)
        (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))`,

  'open-stream': `
    (func $open-stream (param $body i32) (result i32)
      (call $body.write (local.get $body) (i32.const ${RET}))
      (i32.load offset=4 (i32.const ${RET})))`,

  close: `
    (func $close (param $body i32) (param $stream i32)
      (call $drop.output-stream (local.get $stream))
      (call $body.finish (local.get $body) (i32.const 0) (i32.const 0) (i32.const ${RET})))`,

  /** Writes in parts of 4096 bytes; ends at the first error. */
  'write-all': `
    (func $write-all (param $stream i32) (param $ptr i32) (param $len i32)
      (local $part i32)
      (block $done (loop $next
        (br_if $done (i32.eqz (local.get $len)))
        (local.set $part (select (local.get $len) (i32.const 4096) (i32.lt_u (local.get $len) (i32.const 4096))))
        (call $output.blocking-write-and-flush (local.get $stream) (local.get $ptr) (local.get $part) (i32.const ${RET}))
        (br_if $done (i32.load8_u (i32.const ${RET})))
        (local.set $ptr (i32.add (local.get $ptr) (local.get $part)))
        (local.set $len (i32.sub (local.get $len) (local.get $part)))
        (br $next))))`,

  respond: `
    (func $respond (param $out i32) (param $status i32) (param $ptr i32) (param $len i32)
      (local $body i32) (local $stream i32)
      (local.set $body (call $open-body (local.get $out) (call $new-headers) (local.get $status)))
      (local.set $stream (call $open-stream (local.get $body)))
      (call $write-all (local.get $stream) (local.get $ptr) (local.get $len))
      (call $close (local.get $body) (local.get $stream)))`,

  /** Answers 200 with "ok\n". */
  'respond-ok': `
    ${data(TEXT + 32, 'ok\\n')}
    (func $respond-ok (param $out i32)
      (call $respond (local.get $out) (i32.const 200) (i32.const ${TEXT + 32}) (i32.const 3)))`,

  /** Answers 200 with the number in decimal and a newline. */
  'respond-number': `
    (func $respond-number (param $out i32) (param $number i32)
      (local $at i32)
      (local.set $at (i32.const ${DIGITS_END - 1}))
      (i32.store8 (local.get $at) (i32.const 10))
      (loop $next
        (local.set $at (i32.sub (local.get $at) (i32.const 1)))
        (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
        (br_if $next (local.tee $number (i32.div_u (local.get $number) (i32.const 10)))))
      (call $respond (local.get $out) (i32.const 200)
        (local.get $at) (i32.sub (i32.const ${DIGITS_END}) (local.get $at))))`,

  /** The decimal number that follows the path's slash: 37 for /37, 0 where there is none. */
  'path-number': `
    (func $path-number (param $request i32) (result i32)
      (local $at i32) (local $end i32) (local $digit i32) (local $number i32)
      (call $request.path (local.get $request) (i32.const ${RET}))
      (if (i32.load8_u (i32.const ${RET})) (then
        (local.set $at (i32.add (i32.load offset=4 (i32.const ${RET})) (i32.const 1)))
        (local.set $end (i32.add (i32.load offset=4 (i32.const ${RET})) (i32.load offset=8 (i32.const ${RET}))))))
      (block $done (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
        (br_if $done (i32.gt_u (local.get $digit) (i32.const 9)))
        (local.set $number (i32.add (i32.mul (local.get $number) (i32.const 10)) (local.get $digit)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
      (local.get $number))`,
}
