// observe/printable.ts: text of strangers, made safe for a terminal.

/** Controls but the tab; C1 controls too, which some terminals obey; and what reorders text to deceive its reader. */
const UNSAFE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Replaces every character that a terminal would obey by its visible picture or its code point. */
export function printable(text: string): string {
  return text.replace(UNSAFE, char => {
    const code = char.charCodeAt(0)
    // The "control pictures" block: ESC becomes ␛.
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    if (code === 0x7f) return '\u2421'
    return `\\u{${code.toString(16)}}`
  })
}
