// guests/wat/hostile/endless.ts: guests that do not come back.

import {componentText} from '../component.ts'
import {answers, type Expected, type HostileGuest, handler, RESPOND_OK} from './case.ts'

const CPU = {cpuMs: 200}
const stopped: Expected = {status: [504], codes: ['LIMIT_CPU']}
const FOREVER = '(loop $forever (br $forever))'

export const ENDLESS: readonly HostileGuest[] = [
  {
    name: 'endless-loop',
    about: 'loops in the handler',
    text: componentText({main: handler(FOREVER)}),
    limits: CPU,
    expected: stopped,
  },
  {
    name: 'endless-loop-after-answer',
    about: 'loops when its response is complete',
    text: componentText({main: handler(`${RESPOND_OK} ${FOREVER}`)}),
    limits: CPU,
    expected: {status: [200, 504], body: 'ok\n', codes: ['LIMIT_CPU'], cut: 'may'},
  },
  {
    name: 'endless-loop-in-start',
    about: 'loops in the start function of its core module',
    text: componentText({main: handler(RESPOND_OK, `(func $start ${FOREVER}) (start $start)`)}),
    limits: CPU,
    expected: {status: [504], codes: ['LIMIT_START'], atStart: true},
  },
  {
    name: 'endless-loop-in-realloc',
    about: 'loops when the host asks for memory',
    text: componentText({
      realloc: `${FOREVER} (unreachable)`,
      main: handler('(call $request.path (local.get $request) (i32.const 0))'),
    }),
    limits: CPU,
    expected: stopped,
  },
  {
    name: 'endless-loop-in-post-return',
    about: 'loops after the handler returned',
    text: componentText({
      postReturn: 'after',
      main: handler(RESPOND_OK, `(func (export "after") ${FOREVER})`),
    }),
    limits: CPU,
    expected: {status: [200, 504], body: 'ok\n', codes: ['LIMIT_CPU'], cut: 'may'},
  },
  {
    name: 'endless-tail-calls',
    about: 'calls itself in tail position for ever: no loop, no stack',
    text: componentText({main: handler('(call $again)', '(func $again (return_call $again))')}),
    limits: CPU,
    expected: stopped,
  },
  {
    name: 'endless-host-calls',
    about: 'asks the host for ever whether a timer is due',
    text: componentText({
      main: handler(`
        (local $timer i32)
        (local.set $timer (call $clock.timer (i64.const 1000000000000)))
        (loop $forever (drop (call $pollable.ready (local.get $timer))) (br $forever))`),
    }),
    limits: CPU,
    expected: stopped,
  },
  {
    name: 'endless-fills',
    about: 'fills 64 MiB with one instruction, for ever',
    text: componentText({
      memory: [1024],
      main: handler(`
        (loop $forever
          (memory.fill (i32.const 4096) (i32.const 255) (i32.const 67104768))
          (br $forever))`),
    }),
    limits: CPU,
    expected: stopped,
  },
  {
    name: 'endless-large-function',
    about: 'calls a long function without loops or calls for ever',
    text: componentText({
      main: handler(
        '(loop $forever (global.set $x (call $long (global.get $x))) (br $forever))',
        `(global $x (mut f64) (f64.const 3))
         (func $long (param $x f64) (result f64) (local.get $x) ${'f64.sqrt '.repeat(20_000)})`,
      ),
    }),
    limits: CPU,
    expected: stopped,
  },
  {
    name: 'endless-recursion',
    about: 'calls itself until the stack is full',
    text: componentText({
      main: handler(
        '(drop (call $deep (i32.const 1)))',
        '(func $deep (param $n i32) (result i32) (i32.add (local.get $n) (call $deep (i32.add (local.get $n) (i32.const 1)))))',
      ),
    }),
    expected: {status: [500], codes: ['TRAP_CORE']},
  },
  {
    name: 'idle-for-ever',
    about: 'sleeps for 584 years',
    text: componentText({
      main: handler('(call $pollable.block (call $clock.timer (i64.const -1)))'),
    }),
    limits: {idleMs: 200},
    expected: {status: [504], codes: ['LIMIT_IDLE']},
  },
  {
    name: 'atomic-wait',
    about: 'waits on a shared memory of its own, which blocks the thread, not the guest',
    text: componentText({
      main: handler(
        '(drop (memory.atomic.wait32 $shared (i32.const 0) (i32.const 0) (i64.const -1)))',
        '(memory $shared 1 1 shared)',
      ),
    }),
    limits: CPU,
    expected: {
      status: [500, 504],
      codes: ['LIMIT_CPU', 'LIMIT_IDLE', 'TRAP_CORE', 'LINK_UNSUPPORTED', 'VALIDATE_INVALID'],
      atStart: true,
    },
  },
  {
    name: 'huge-read',
    about: 'asks for 2^64 - 1 bytes of a body at once',
    text: componentText({
      main: handler(`
        (call $request.consume (local.get $request) (i32.const 0))
        (call $incoming.stream (i32.load offset=4 (i32.const 0)) (i32.const 0))
        (call $input.blocking-read (i32.load offset=4 (i32.const 0)) (i64.const -1) (i32.const 0))
        ${RESPOND_OK}`),
    }),
    expected: answers('ok\n'),
  },
]
