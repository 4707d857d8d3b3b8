// guests/wat/services.ts: small well-behaved components in text form, a few kB each, built in milliseconds.

import {componentText} from './component.ts'

const HELLO = '(data (i32.const 2048) "hello world\\n")'

/** GET anything -> "hello world\n". `version` is that of all WASI interfaces it imports and exports. */
export const hello = (version = '0.2.12'): string =>
  componentText({
    version,
    main: `${HELLO}
    (func $handle (param $request i32) (param $out i32)
      (call $respond (local.get $out) (i32.const 200) (i32.const 2048) (i32.const 12))
      (call $drop.incoming-request (local.get $request)))`,
  })

/** Any method -> the request's body, streamed through one buffer of constant size. */
export const echo = (): string =>
  componentText({
    main: `
    (func $handle (param $request i32) (param $out i32)
      (local $incoming i32) (local $input i32) (local $body i32) (local $output i32)
      (call $request.consume (local.get $request) (i32.const 0))
      (local.set $incoming (i32.load offset=4 (i32.const 0)))
      (call $incoming.stream (local.get $incoming) (i32.const 0))
      (local.set $input (i32.load offset=4 (i32.const 0)))
      (local.set $body (call $open-body (local.get $out) (call $fields.new) (i32.const 200)))
      (local.set $output (call $open-stream (local.get $body)))
      (block $end (loop $next
        (global.set $heap (i32.const 4096))
        (call $input.blocking-read (local.get $input) (i64.const 65536) (i32.const 0))
        (br_if $end (i32.load8_u (i32.const 0)))
        (call $write-all (local.get $output) (i32.load offset=4 (i32.const 0)) (i32.load offset=8 (i32.const 0)))
        (br_if $next (i32.eqz (i32.load8_u (i32.const 0))))))
      (call $drop.input-stream (local.get $input))
      (call $drop.incoming-body (local.get $incoming))
      (call $drop.incoming-request (local.get $request))
      (call $close (local.get $body) (local.get $output)))`,
  })

/** POST -> the request's body, one part of it, and its trailers. */
export const trailers = (): string =>
  componentText({
    main: `
    (func $handle (param $request i32) (param $out i32)
      (local $incoming i32) (local $input i32) (local $body i32) (local $output i32) (local $future i32) (local $wait i32)
      (call $request.consume (local.get $request) (i32.const 0))
      (local.set $incoming (i32.load offset=4 (i32.const 0)))
      (call $incoming.stream (local.get $incoming) (i32.const 0))
      (local.set $input (i32.load offset=4 (i32.const 0)))
      (local.set $body (call $open-body (local.get $out) (call $fields.new) (i32.const 200)))
      (local.set $output (call $open-stream (local.get $body)))
      (block $end (loop $next
        (call $input.blocking-read (local.get $input) (i64.const 4096) (i32.const 0))
        (br_if $end (i32.load8_u (i32.const 0)))
        (call $write-all (local.get $output) (i32.load offset=4 (i32.const 0)) (i32.load offset=8 (i32.const 0)))
        (br $next)))
      (call $drop.input-stream (local.get $input))
      (local.set $future (call $incoming.finish (local.get $incoming)))
      (local.set $wait (call $future-trailers.subscribe (local.get $future)))
      (call $pollable.block (local.get $wait))
      (call $drop.pollable (local.get $wait))
      (call $future-trailers.get (local.get $future) (i32.const 512))
      ;; some, ok, ok
      (if (i32.ne (i32.load8_u (i32.const 512)) (i32.const 1)) (then (unreachable)))
      (if (i32.or (i32.load8_u (i32.const 520)) (i32.load8_u (i32.const 528))) (then (unreachable)))
      (call $drop.future-trailers (local.get $future))
      (call $drop.incoming-request (local.get $request))
      (call $drop.output-stream (local.get $output))
      (call $body.finish (local.get $body) (i32.load8_u (i32.const 536)) (i32.load (i32.const 540)) (i32.const 512)))`,
  })

/** GET /N -> "ok\n" after N milliseconds on a timer. */
export const sleep = (): string =>
  componentText({
    main: `
    (func $handle (param $request i32) (param $out i32)
      (local $timer i32)
      (local.set $timer (call $clock.timer (i64.mul
        (i64.extend_i32_u (call $path-number (local.get $request))) (i64.const 1000000))))
      (call $pollable.block (local.get $timer))
      (call $drop.pollable (local.get $timer))
      (call $respond-ok (local.get $out)))`,
  })

/** GET /N -> N parts of "tick\n", each flushed, one every 100 ms: what server-sent events look like. */
export const ticks = (): string =>
  componentText({
    main: `
    (data (i32.const 2048) "tick\\n")
    (func $handle (param $request i32) (param $out i32)
      (local $left i32) (local $body i32) (local $stream i32) (local $timer i32)
      (local.set $left (call $path-number (local.get $request)))
      (local.set $body (call $open-body (local.get $out) (call $new-headers) (i32.const 200)))
      (local.set $stream (call $open-stream (local.get $body)))
      (block $end (loop $next
        (br_if $end (i32.eqz (local.get $left)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (local.set $timer (call $clock.timer (i64.const 100000000)))
        (call $pollable.block (local.get $timer))
        (call $drop.pollable (local.get $timer))
        (call $write-all (local.get $stream) (i32.const 2048) (i32.const 5))
        (br_if $next (i32.eqz (i32.load8_u (i32.const 0))))))
      (call $close (local.get $body) (local.get $stream)))`,
  })

/** The response has no body written: open, set, finish. */
export const empty = (): string =>
  componentText({
    main: `
    (func $handle (param $request i32) (param $out i32)
      (call $body.finish (call $open-body (local.get $out) (call $fields.new) (i32.const 204))
        (i32.const 0) (i32.const 0) (i32.const 0)))`,
  })

export const SERVICES: Readonly<Record<string, () => string>> = {
  hello: hello,
  'hello-0.2.0': () => hello('0.2.0'),
  'hello-0.2.3': () => hello('0.2.3'),
  'hello-0.2.10': () => hello('0.2.10'),
  echo,
  sleep,
  ticks,
  trailers,
  empty,
}
