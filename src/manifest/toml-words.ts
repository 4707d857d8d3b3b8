// manifest/toml-words.ts: what the TOML parser complains of, in our words and with what to do.

type Words = Readonly<{reason: string; remedy: string}>

const WORDS: Readonly<Record<string, Words>> = {
  'Unterminated string constant': {
    reason: 'a string is not closed',
    remedy: 'end it with the quote it began with, on the same line',
  },
  'Unterminated table-key': {reason: 'a table header is not closed', remedy: 'end it with ]'},
  'Unterminated array': {reason: 'an array is not closed', remedy: 'end it with ]'},
  'Unterminated inline table': {
    reason: 'an inline table is not closed',
    remedy: 'end it with }, on the same line',
  },
  'Empty bare keys are not allowed': {reason: 'a key is missing', remedy: 'write name = value'},
  'Must be a newline': {
    reason: 'something follows the value',
    remedy: 'a statement is one line: name = value; strings need quotes',
  },
  'Expected equal (=) token': {reason: 'an equals sign is missing', remedy: 'write name = value'},
  'Unspecified values are invalid': {
    reason: 'a value is missing',
    remedy: 'write name = value; an empty string is ""',
  },
  'Expected comma (,) token': {
    reason: 'a comma is missing',
    remedy: 'separate values with commas and close the bracket',
  },
  'Defining a key multiple times is invalid': {
    reason: 'this is defined twice',
    remedy: 'keep one of the two',
  },
  'Unexpected character': {reason: 'unexpected character', remedy: 'strings need quotes'},
  'Unexpected token': {reason: 'unexpected text', remedy: 'write name = value; strings need quotes'},
  'Control characters (codes < 0x1f and 0x7f) are not allowed': {
    reason: 'a control character stands in the text',
    remedy: 'write it as an escape, such as \\t or \\u0000, in double quotes',
  },
  'The key, equals sign, and value must be on the same line': {
    reason: 'the value is not on the line of its key',
    remedy: 'write name = value on one line',
  },
  'No newlines are allowed between the curly braces unless they are valid within a value': {
    reason: 'an inline table spreads over several lines',
    remedy: 'write { ... } on one line, or a [table] of its own',
  },
  'Trailing comma is not permitted in an inline table': {
    reason: 'a comma stands before }',
    remedy: 'remove it',
  },
  'Invalid character in escape sequence': {
    reason: 'no such escape',
    remedy: "write \\\\ for a backslash, or use '...' where nothing is escaped",
  },
  'Leading zeros are not allowed': {
    reason: 'a number starts with 0',
    remedy: 'remove the zero, or write a string',
  },
}

export function syntaxWords(message: string): Words {
  if (Object.hasOwn(WORDS, message)) return WORDS[message]!
  return {
    reason: message.charAt(0).toLowerCase() + message.slice(1),
    remedy: 'write name = value; strings need quotes',
  }
}
