// guests/wat/hostile/memory.ts: guests that take more than their share.

import {componentText} from '../component.ts'
import {answers, type HostileGuest, handler, RESPOND_OK, traps} from './case.ts'

const MEMORY = {memoryMb: 64}

export const MEMORY_BOMBS: readonly HostileGuest[] = [
  {
    name: 'memory-grow',
    about: 'grows its memory and touches every page until it gets no more, then traps',
    text: componentText({
      main: handler(`
        (local $page i32)
        (loop $more
          (local.set $page (memory.grow (i32.const 16)))
          (if (i32.eq (local.get $page) (i32.const -1)) (then (unreachable)))
          (memory.fill (i32.mul (local.get $page) (i32.const 65536)) (i32.const 1) (i32.const 1048576))
          (br $more))`),
    }),
    limits: MEMORY,
    expected: traps('LIMIT_MEMORY', 'TRAP_CORE'),
  },
  {
    name: 'memory-grow-declared',
    about: 'grows to its own declared maximum of 5 pages and answers its size; more is refused with -1',
    text: componentText({
      memory: [2, 5],
      main: handler(`
        (if (i32.ne (memory.grow (i32.const 3)) (i32.const 2)) (then (unreachable)))
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
        (i32.store (i32.const 327676) (i32.const 7))
        (call $respond-number (local.get $out) (memory.size))`),
    }),
    expected: answers('5\n'),
  },
  {
    name: 'memory-at-the-edge',
    about: 'writes right behind the last page after a growth',
    text: componentText({
      memory: [1, 8],
      main: handler(`
        (drop (memory.grow (i32.const 2)))
        (i32.store8 (i32.const 196607) (i32.const 1))
        (i32.store8 (i32.mul (i32.const 65536) (i32.const 8)) (i32.const 1))`),
    }),
    expected: traps('TRAP_CORE'),
  },
  {
    name: 'growth',
    about: 'answers its size in pages, then grows by 7 with each event and writes there',
    text: componentText({
      main: handler(`
        (local $page i32)
        (call $respond-number (local.get $out) (memory.size))
        (local.set $page (memory.grow (i32.const 7)))
        (memory.fill (i32.mul (local.get $page) (i32.const 65536)) (i32.const 238) (i32.const 458752))`),
    }),
    expected: answers('1\n'),
  },
  {
    name: 'growth-is-zero',
    about: 'grows by one page and answers whether it holds anything but zeros, then fills it',
    text: componentText({
      main: handler(`
        (local $at i32) (local $end i32) (local $found i32)
        (local.set $at (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))
        (local.set $end (i32.add (local.get $at) (i32.const 65536)))
        (loop $next
          (local.set $found (i32.or (local.get $found) (i32.load (local.get $at))))
          (i32.store (local.get $at) (i32.const -1))
          (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
        (call $respond-number (local.get $out) (local.get $found))`),
    }),
    expected: answers('0\n'),
  },
  {
    name: 'huge-memory',
    about: 'declares 4 GiB as its initial memory',
    text: componentText({memory: [65536], main: handler(RESPOND_OK)}),
    limits: MEMORY,
    expected: {status: [500], codes: ['LIMIT_MEMORY'], atStart: true},
  },
  {
    name: 'many-memories',
    about: 'has 32 memories of 64 MiB: the limit is on all of them together',
    text: componentText({main: handler(RESPOND_OK, '(memory 1024) '.repeat(32))}),
    limits: MEMORY,
    expected: {status: [500], codes: ['LIMIT_MEMORY'], atStart: true},
  },
  {
    name: 'table-grow',
    about: 'grows a table until it gets no more',
    text: componentText({
      main: handler(
        `(loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1)))) ${RESPOND_OK}`,
        '(table $t 1 funcref)',
      ),
    }),
    limits: {...MEMORY, cpuMs: 2000},
    expected: {status: [200, 500, 504], body: 'ok\n', codes: ['LIMIT_MEMORY', 'LIMIT_CPU', 'TRAP_CORE']},
  },
  {
    name: 'gc-heap',
    about:
      "keeps garbage-collected arrays of 1 MiB in a list until there is no room: the heap is the process's own",
    text: componentText({
      main: handler(
        `(loop $more
          (global.set $list (struct.new $cell (array.new $bytes (i32.const 1) (i32.const 1048576)) (global.get $list)))
          (br $more))`,
        `(type $bytes (array (mut i8)))
         (rec (type $cell (struct (field (ref $bytes)) (field (ref null $cell)))))
         (global $list (mut (ref null $cell)) (ref.null $cell))`,
      ),
    }),
    limits: MEMORY,
    expected: traps('LIMIT_MEMORY'),
  },
  {
    name: 'many-resources',
    about: 'makes 100,000 header lists, drops none and answers',
    text: componentText({
      main: handler(`
        (local $left i32)
        (local.set $left (i32.const 100000))
        (loop $more
          (drop (call $fields.new))
          (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        ${RESPOND_OK}`),
    }),
    expected: {status: [200, 500], body: 'ok\n', codes: ['LIMIT_MEMORY', 'TRAP_HOST']},
  },
  {
    name: 'endless-resources',
    about: 'makes header lists for ever',
    text: componentText({main: handler('(loop $more (drop (call $fields.new)) (br $more))')}),
    limits: {...MEMORY, cpuMs: 500},
    expected: {
      status: [500, 504],
      codes: ['LIMIT_CPU', 'LIMIT_MEMORY', 'TRAP_HOST', 'TRAP_BAD_HANDLE', 'TRAP_TOO_MUCH'],
    },
  },
  {
    name: 'endless-timers',
    about: 'arms timers for ever, each a day long',
    text: componentText({
      main: handler('(loop $more (drop (call $clock.timer (i64.const 86400000000000))) (br $more))'),
    }),
    limits: {...MEMORY, cpuMs: 500},
    expected: {
      status: [500, 504],
      codes: ['LIMIT_CPU', 'LIMIT_MEMORY', 'TRAP_HOST', 'TRAP_BAD_HANDLE', 'TRAP_TOO_MUCH'],
    },
  },
  {
    name: 'header-bomb',
    about: 'appends 60 kB to one header list 100,000 times, whatever is answered',
    text: componentText({
      memory: [2],
      main: handler(
        `
        (local $left i32) (local $fields i32)
        (memory.fill (i32.const 4096) (i32.const 120) (i32.const 60000))
        (local.set $fields (call $fields.new))
        (local.set $left (i32.const 100000))
        (loop $more
          (call $fields.append (local.get $fields)
            (i32.const 2048) (i32.const 1) (i32.const 4096) (i32.const 60000) (i32.const 0))
          (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        ${RESPOND_OK}`,
        '(data (i32.const 2048) "x")',
      ),
    }),
    limits: {...MEMORY, cpuMs: 2000},
    expected: {status: [200, 500, 504], body: 'ok\n', codes: ['LIMIT_CPU', 'LIMIT_MEMORY', 'TRAP_HOST']},
  },
  {
    name: 'big-headers',
    about: 'answers with 200 kB of headers, in 200 lines',
    text: componentText({
      main: handler(
        `
        (local $left i32) (local $fields i32)
        (memory.fill (i32.const 4096) (i32.const 120) (i32.const 1000))
        (local.set $fields (call $new-headers))
        (local.set $left (i32.const 200))
        (loop $more
          (call $fields.append (local.get $fields)
            (i32.const 2048) (i32.const 6) (i32.const 4096) (i32.const 1000) (i32.const 0))
          (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (call $body.finish (call $open-body (local.get $out) (local.get $fields) (i32.const 200))
          (i32.const 0) (i32.const 0) (i32.const 0))`,
        '(data (i32.const 2048) "x-much")',
      ),
    }),
    expected: {status: [200, 500], codes: ['TRAP_HOST', 'LIMIT_MEMORY', 'HTTP_RESPONSE_INVALID']},
  },
]
