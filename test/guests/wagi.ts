// guests/wagi.ts: programs of WASI 0.1 that answer by CGI, in text form.

const TEXT = 'Content-Type: text/plain\\0a\\0a'

/** A module with `$say` (pointer, length), `$say-all` and the header's text at 64; `main` is what `_start` does. */
const program = (main: string): string => `(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ-sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args-sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 4)
  (data (i32.const 64) "${TEXT}")
  (data (i32.const 128) "0 0\\0a")
  (data (i32.const 144) "to the log\\0a")
  (global $count (mut i32) (i32.const 0))
  (func $print (param $fd i32) (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $say (param $at i32) (param $length i32)
    (call $print (i32.const 1) (local.get $at) (local.get $length)))
  ;; Strings that end with NUL, a line each.
  (func $say-all (param $at i32) (param $length i32) (local $i i32)
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $i) (local.get $length)))
      (if (i32.eqz (i32.load8_u (i32.add (local.get $at) (local.get $i))))
        (then (i32.store8 (i32.add (local.get $at) (local.get $i)) (i32.const 10))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $say (local.get $at) (local.get $length)))
  (func $head (call $say (i32.const 64) (i32.const 26)))
  ;; How often this memory, and this global, have been here.
  (func $say-counts
    (i32.store8 (i32.const 128) (i32.add (i32.load8_u (i32.const 128)) (i32.const 1)))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store8 (i32.const 130) (i32.add (i32.const 48) (global.get $count)))
    (call $say (i32.const 128) (i32.const 4)))
  (func $say-environment
    (drop (call $environ-sizes (i32.const 16) (i32.const 20)))
    (drop (call $environ (i32.const 4096) (i32.const 8192)))
    (call $say-all (i32.const 8192) (i32.load (i32.const 20))))
  (func $say-arguments
    (drop (call $args-sizes (i32.const 16) (i32.const 20)))
    (drop (call $args (i32.const 4096) (i32.const 8192)))
    (call $say-all (i32.const 8192) (i32.load (i32.const 20))))
  (func $copy
    (block $end (loop $more
      (i32.store (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 4) (i32.const 65536))
      (br_if $end (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if $end (i32.eqz (i32.load (i32.const 8))))
      (call $say (i32.const 65536) (i32.load (i32.const 8)))
      (br $more))))
  (func (export "_start") ${main}))`

export const PROGRAMS = {
  /** How often it ran, its arguments, its environment. */
  tells: program('(call $head) (call $say-counts) (call $say-arguments) (call $say-environment)'),
  echo: program('(call $head) (call $copy)'),
  /** Prints what it reads, headers and all. */
  relay: program('(call $copy)'),
  logs: program('(call $print (i32.const 2) (i32.const 144) (i32.const 11)) (call $head)'),
  'exits-well': program('(call $head) (call $exit (i32.const 0)) (unreachable)'),
  'exits-badly': program('(call $head) (call $exit (i32.const 3))'),
  traps: program('(call $head) (unreachable)'),
  silent: program(''),
  loops: program('(loop $on (br $on))'),
  floods: program('(loop $on (call $say (i32.const 0) (i32.const 262144)) (br $on))'),
} as const
