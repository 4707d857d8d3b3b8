// guests/wat/deep.ts: guests that call the host when their stack is almost full.

import {componentText} from './component.ts'

/** GET /N/… -> "ok\n" once `host` was called N calls deep. */
const deep = (host: string): string =>
  componentText({
    main: `
    (func $call-host ${host})
    (func $deep (param $left i32) (result i32)
      (if (result i32) (local.get $left)
        (then (i32.add (call $deep (i32.sub (local.get $left) (i32.const 1))) (i32.const 1)))
        (else (call $call-host) (i32.const 0))))
    (func $handle (param $request i32) (param $out i32)
      (drop (call $deep (call $path-number (local.get $request))))
      (call $respond-ok (local.get $out)))`,
  })

export const DEEP: Readonly<Record<string, () => string>> = {
  'deep-nothing': () => deep(''),
  'deep-io': () =>
    deep(`
      (local $timer i32)
      (local.set $timer (call $clock.timer (i64.const 0)))
      (drop (call $pollable.ready (local.get $timer)))
      (call $pollable.block (local.get $timer))
      (call $drop.pollable (local.get $timer))`),
  'deep-http': () =>
    deep(`
      (local $fields i32)
      (local.set $fields (call $new-headers))
      (call $fields.entries (local.get $fields) (i32.const 0))
      (call $drop.fields (local.get $fields))`),
  'deep-filesystem': () =>
    deep(`
      (local $directory i32)
      (call $directories (i32.const 0))
      (local.set $directory (i32.load (i32.load (i32.const 0))))
      (call $directory.metadata-hash (local.get $directory) (i32.const 16))
      (if (i32.load8_u (i32.const 16)) (then (unreachable)))
      (call $drop.descriptor (local.get $directory))`),
}
