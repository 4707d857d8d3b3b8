// test/spec/reasons.ts: the suite's words for what is wrong, and ours where they differ.

/** The suite's message, and a part of ours. */
const ours: Readonly<Record<string, string>> = {
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
  'string content out-of-bounds': 'pointer out of bounds of memory',
  'string pointer/length out of bounds of memory': 'pointer out of bounds of memory',
  'realloc return: beyond end of memory': 'pointer out of bounds of memory',
  'realloc return: result not aligned': 'unaligned pointer',
  'handle index 1 used with the wrong type, expected guest-defined resource but found a different guest-defined resource':
    'handle index 1 used with the wrong type',
  'incomplete utf-8 byte sequence': 'invalid utf-8',
  'invalid `char` bit pattern': 'not a Unicode scalar value',
  // The text parser prints its errors as structures.
  'invalid string escape': 'Lex(InvalidStringEscape',
}

/** Whether `message`, which is ours, says what the suite expects. */
export function explains(message: string, expected: string): boolean {
  if (message.includes(expected)) return true
  const mine = ours[expected]
  return mine !== undefined && message.includes(mine)
}
