// test/spec/reasons.ts: the suite's words for what is wrong, and ours where they differ.

/** The suite's message, and parts of ours, one of which must be there. */
const ours: Readonly<Record<string, string | readonly string[]>> = {
  'unexpected end-of-file': 'unexpected end',
  'section out of order': 'unexpected content after last section',
  'is not valid at this time': '`stream<char>` is not valid',
  'canonical encoding option `utf8` conflicts with option `latin1-utf16`':
    'canonical encoding option `utf8` conflicts with option `latin1+utf16`',
  'canonical encoding option `utf16` conflicts with option `latin1-utf16`':
    'canonical encoding option `utf16` conflicts with option `latin1+utf16`',
  'lowered parameter types `[]` do not match parameter types `[I32]`':
    'lowered parameter types `[]` do not match parameter types `[i32]`',
  'lowered result types `[]` do not match result types `[I32]`':
    'lowered result types `[]` do not match result types `[i32]`',
  // The suite's words come from a validator that names the two sides the other way round here.
  'expected a result, found none': 'expected no result, found one',
  'expected primitive, found record': 'expected u32, found record',
  // The engine that compiles core modules has words of its own.
  'type mismatch': 'not enough arguments on the stack for i32.add',
  'wasm trap: wasm `unreachable` instruction executed': 'the guest trapped: unreachable',
  // The engine tells pointers that are wrong apart by what they point to only where that says more.
  'wasm trap: list content out-of-bounds': 'pointer out of bounds of memory',
  'wasm trap: unaligned pointer': 'unaligned pointer',
  'wasm trap: deadlock detected: event loop cannot make further progress':
    'deadlock detected: event loop cannot make further progress',
  'wasm trap: cannot enter component instance': 'cannot enter component instance',
  'string pointer/length out of bounds of memory': 'pointer out of bounds of memory',
  'realloc return: beyond end of memory': 'pointer out of bounds of memory',
  'realloc return: result not aligned': 'unaligned pointer',
  'handle index 1 used with the wrong type, expected guest-defined resource but found a different guest-defined resource':
    'handle index 1 used with the wrong type',
  'incomplete utf-8 byte sequence': 'invalid utf-8',
  'invalid `char` bit pattern': 'not a Unicode scalar value',
  // The text parser prints its errors as structures.
  'invalid string escape': 'Lex(InvalidStringEscape',
  // Of the suites of other engines.
  'wasm `unreachable` instruction executed': 'the guest trapped: unreachable',
  'thrown Wasm exception': 'it threw an exception that nothing catches',
  'uncaught exception propagated out of component': 'it threw an exception that nothing catches',
  'wasm trap: cannot block a synchronous task before returning':
    'cannot block a synchronous task before returning',
  'backpressure counter overflow': [
    'backpressure.inc 65536 times',
    'backpressure.dec without backpressure.inc',
  ],
  'cannot read from and write to intra-component future/stream with non-numeric payload':
    'cannot read from and write to intra-component',
  'cannot read after being notified that the writable end dropped':
    'cannot read from stream after being notified that the writable end dropped',
  'cannot write after being notified that the readable end dropped': [
    'cannot write to stream after being notified that the readable end dropped',
    'cannot write to future after previous write succeeded or readable end dropped',
  ],
  'stream read/write count too large': 'elements is too long',
  'fuel allocated for hostcalls has been exhausted': 'one call passes more than 128 MB of values',
  'invalid debug message pointer': 'pointer out of bounds of memory',
  'string pointer not aligned to 2': 'unaligned pointer',
  'string content out-of-bounds': ['pointer out of bounds of memory', 'string byte length exceeds maximum'],
  'discriminant 2 out of range [0..2)': 'invalid variant discriminant',
  uninitialized: 'there is no function at',
  'was not found': 'which nothing provides',
  'expected function found instance': 'which nothing provides',
  'expected resource found func': 'with a type other than the one provided: it is a function',
}

/** Whether `message`, which is ours, says what the suite expects. */
export function explains(message: string, expected: string): boolean {
  if (message.includes(expected)) return true
  return [ours[expected] ?? []].flat().some(mine => message.includes(mine))
}
