// manifest/toml-scan.ts: a first look at a text: what is too much for the parser, and which lines are within strings.

export const DEEPEST = 64
/** The parser passes the characters of a string as arguments of one call. */
const LONGEST_STRING = 1 << 15

// Strings (multi-line ones first, an unclosed one to its line's end) and comments hide brackets.
const TOKEN =
  /"""(?:\\[\s\S]|[^\\])*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?|#[^\n]*|[[{\]}]/g

/** Where a text nests deeper or has a longer string than can be read. */
export function overLimit(text: string): {offset: number; reason: string} | undefined {
  let depth = 0
  for (const {0: token, index} of text.matchAll(TOKEN)) {
    if (token === '[' || token === '{') {
      if (++depth > DEEPEST) return {offset: index, reason: `brackets nest deeper than ${DEEPEST}`}
    } else if (token === ']' || token === '}') {
      if (depth > 0) depth--
    } else if (token.length > LONGEST_STRING && token[0] !== '#')
      return {offset: index, reason: `a string is longer than ${LONGEST_STRING} characters`}
  }
  return undefined
}

/** The strings that go over several lines: what looks like a statement in them is none. */
export function multilineStrings(text: string): [start: number, end: number][] {
  return [...text.matchAll(TOKEN)].flatMap(({0: token, index}) =>
    /^(?:"""|''')/.test(token) && token.includes('\n')
      ? [[index, index + token.length] as [number, number]]
      : [],
  )
}

/** Where the first bracket behind `start` is closed again, or the end of the text. */
export function closedAt(text: string, start: number): number {
  let depth = 0
  for (const {0: token, index} of text.slice(start).matchAll(TOKEN)) {
    if (token === '[' || token === '{') depth++
    else if ((token === ']' || token === '}') && --depth <= 0) return start + index + 1
  }
  return text.length
}
