// guests/wat/hostile/abi.ts: what the canonical ABI forbids, and traps in each function that the host calls.

import {componentText} from '../component.ts'
import {type HostileGuest, handler, RESPOND_OK, traps} from './case.ts'

const PATH = '(call $request.path (local.get $request) (i32.const 0))'
const ENTRIES = '(call $fields.entries (call $new-headers) (i32.const 0))'

const broken = (
  name: string,
  about: string,
  body: string,
  expected: HostileGuest['expected'],
  before = '',
): HostileGuest => ({name, about, text: componentText({main: handler(body, before)}), expected})

/** `outparam.set` with the given discriminants. */
const set = (isErr: number, code: number, payload = '(i32.const 0)'): string => `
  (call $outparam.set (local.get $out) (i32.const ${isErr}) (i32.const ${code})
    ${payload} (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))`

const append = (ptr: number, len: number): string =>
  `(call $fields.append (call $fields.new)
    (i32.const ${ptr}) (i32.const ${len}) (i32.const 2048) (i32.const 1) (i32.const 0))`

const CORE_TRAPS = [
  '(unreachable)',
  '(drop (i32.div_u (i32.const 1) (i32.const 0)))',
  '(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))',
  '(drop (i32.trunc_f32_s (f32.const nan)))',
  '(drop (i32.load (i32.const -4)))',
  '(call_indirect $t (i32.const 0))',
  '(call_indirect $t (i32.const 9))',
  '(call_indirect $t (param i32) (i32.const 0) (i32.const 1))',
  '(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))',
  '(table.set $t (i32.const 9) (ref.null func))',
  '(throw $oops)',
]

const caseOf = (index: number): string => `(block $case-${index}`

export const ABI: readonly HostileGuest[] = [
  {
    name: 'core-traps',
    about: 'traps in the way of core WebAssembly that the path names',
    text: componentText({
      main: handler(
        `${CORE_TRAPS.map((_, index) => caseOf(CORE_TRAPS.length - 1 - index)).join(' ')}
        (br_table ${CORE_TRAPS.map((_, index) => `$case-${index}`).join(' ')} (call $path-number (local.get $request))))
        ${CORE_TRAPS.map((trap, index) => (index === CORE_TRAPS.length - 1 ? trap : `${trap} (return))`)).join('\n')}`,
        '(table $t 2 2 funcref) (elem (table $t) (i32.const 1) func $nothing) (func $nothing) (tag $oops)',
      ),
    }),
    paths: CORE_TRAPS.map((_, index) => `/${index}`),
    expected: traps('TRAP_CORE'),
  },
  {
    name: 'trap-in-start',
    about: 'traps in the start function of its core module',
    text: componentText({main: handler(RESPOND_OK, '(func $start (unreachable)) (start $start)')}),
    expected: {...traps('TRAP_CORE'), atStart: true},
  },
  {
    name: 'trap-in-data',
    about: 'has an active data segment that lies outside its memory',
    text: componentText({main: handler(RESPOND_OK, '(data (i32.const 65535) "ab")')}),
    expected: {...traps('TRAP_CORE', 'TRAP_OUT_OF_BOUNDS'), atStart: true},
  },
  {
    name: 'trap-in-element',
    about: 'has an active element segment that lies outside its table',
    text: componentText({
      main: handler(RESPOND_OK, '(table $t 1 funcref) (elem (table $t) (i32.const 1) func $handle)'),
    }),
    expected: {...traps('TRAP_CORE'), atStart: true},
  },
  {
    name: 'trap-in-realloc',
    about: 'traps when the host asks for memory',
    text: componentText({realloc: '(unreachable)', main: handler(`${PATH} ${RESPOND_OK}`)}),
    expected: traps('TRAP_CORE'),
  },
  {
    name: 'trap-in-post-return',
    about: 'traps after the handler returned',
    text: componentText({
      postReturn: 'after',
      main: handler(RESPOND_OK, '(func (export "after") (unreachable))'),
    }),
    expected: {status: [200, 500], body: 'ok\n', codes: ['TRAP_CORE'], cut: 'may'},
  },
  {
    name: 'import-in-post-return',
    about: 'calls the host after the handler returned, when it may not leave',
    text: componentText({
      postReturn: 'after',
      main: handler(RESPOND_OK, '(func (export "after") (drop (call $fields.new)))'),
    }),
    expected: {status: [200, 500], body: 'ok\n', codes: ['TRAP_CANNOT_LEAVE'], cut: 'may'},
  },
  {
    name: 'import-in-realloc',
    about: 'calls the host when the host asks for memory, when it may not leave',
    text: componentText({
      allocator: '(table $hook (export "hook") 1 funcref)',
      realloc: '(call_indirect $hook (result i32) (i32.const 0))',
      imports: '(import "libc" "hook" (table $hook 1 funcref))',
      main: handler(
        `${PATH} ${RESPOND_OK}`,
        `(elem (table $hook) (i32.const 0) func $leave)
         (func $leave (result i32) (call $fields.new))`,
      ),
    }),
    expected: traps('TRAP_CANNOT_LEAVE'),
  },
  {
    name: 'realloc-outside',
    about: 'gives the host memory that it does not have',
    text: componentText({realloc: '(i32.const -16)', main: handler(`${PATH} ${RESPOND_OK}`)}),
    expected: traps('TRAP_OUT_OF_BOUNDS'),
  },
  {
    name: 'realloc-at-the-end',
    about: 'gives the host the last byte of its memory for a whole list',
    text: componentText({realloc: '(i32.const 65532)', main: handler(`${ENTRIES} ${RESPOND_OK}`)}),
    expected: traps('TRAP_OUT_OF_BOUNDS'),
  },
  {
    name: 'realloc-misaligned',
    about: 'gives the host an odd address for a list of records',
    text: componentText({realloc: '(i32.const 8193)', main: handler(`${ENTRIES} ${RESPOND_OK}`)}),
    expected: traps('TRAP_MISALIGNED'),
  },
  broken(
    'string-outside',
    'passes a string that reaches behind its memory',
    `${append(65530, 100)} ${RESPOND_OK}`,
    traps('TRAP_OUT_OF_BOUNDS'),
  ),
  broken(
    'string-wraps',
    'passes a string whose end wraps around to the start of its memory',
    `${append(-4, 8)} ${RESPOND_OK}`,
    traps('TRAP_OUT_OF_BOUNDS'),
  ),
  broken(
    'string-not-utf8',
    'passes a string that is not UTF-8',
    `${append(2049, 2)} ${RESPOND_OK}`,
    traps('TRAP_BAD_VALUE'),
    '(data (i32.const 2049) "\\c3\\28")',
  ),
  broken(
    'string-surrogate',
    'passes a string that encodes a lone surrogate',
    `${append(2049, 3)} ${RESPOND_OK}`,
    traps('TRAP_BAD_VALUE'),
    '(data (i32.const 2049) "\\ed\\a0\\80")',
  ),
  broken(
    'list-too-long',
    'passes a list whose length in bytes does not fit 32 bits',
    `(call $poll (i32.const 64) (i32.const 0x40000001) (i32.const 0)) ${RESPOND_OK}`,
    traps('TRAP_OUT_OF_BOUNDS'),
  ),
  broken(
    'list-misaligned',
    'passes a list of handles at an odd address',
    `(call $poll (i32.const 65) (i32.const 1) (i32.const 0)) ${RESPOND_OK}`,
    traps('TRAP_MISALIGNED'),
  ),
  broken(
    'result-outside',
    'wants a result written behind its memory',
    `(call $request.path (local.get $request) (i32.const 65532)) ${RESPOND_OK}`,
    traps('TRAP_OUT_OF_BOUNDS'),
  ),
  broken(
    'result-misaligned',
    'wants a result written to an odd address',
    `(call $request.path (local.get $request) (i32.const 2)) ${RESPOND_OK}`,
    traps('TRAP_MISALIGNED'),
  ),
  broken('bad-result', 'passes a result that is neither ok nor error', set(2, 0), traps('TRAP_BAD_VALUE')),
  broken('bad-case', 'passes a variant whose case does not exist', set(1, 39), traps('TRAP_BAD_VALUE')),
  broken(
    'bad-option',
    'passes an option that is neither none nor some',
    set(1, 38, '(i32.const 2)'),
    traps('TRAP_BAD_VALUE'),
  ),
  broken(
    'poll-nothing',
    'polls an empty list',
    `(call $poll (i32.const 64) (i32.const 0) (i32.const 0)) ${RESPOND_OK}`,
    traps('TRAP_HOST'),
  ),
]
