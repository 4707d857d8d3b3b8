// test/spec/wast.ts: reads the s-expressions of a .wast script, with their positions.

export type Atom = Readonly<{kind: 'atom'; text: string; start: number; end: number}>
export type Text = Readonly<{kind: 'string'; bytes: Uint8Array; start: number; end: number}>
export type List = Readonly<{kind: 'list'; items: readonly Node[]; start: number; end: number}>
export type Node = Atom | Text | List

const space = /\s/
const delimiter = /[\s()";]/

/** The top-level lists of `source`. */
export function readWast(source: string): List[] {
  const root: Node[] = []
  const open: {items: Node[]; start: number}[] = []
  let items = root
  let at = 0
  while (at < source.length) {
    const char = source[at]!
    if (space.test(char)) at++
    else if (source.startsWith(';;', at)) at = endOfLine(source, at)
    else if (source.startsWith('(;', at)) at = endOfBlock(source, at)
    else if (char === '(') {
      open.push({items, start: at++})
      items = []
    } else if (char === ')') {
      const list = open.pop()
      if (list === undefined) throw new Error(`line ${lineOf(source, at)}: unexpected )`)
      list.items.push({kind: 'list', items, start: list.start, end: ++at})
      items = list.items
    } else if (char === '"') {
      const {bytes, end} = readString(source, at)
      items.push({kind: 'string', bytes, start: at, end})
      at = end
    } else {
      const start = at++
      while (at < source.length && !delimiter.test(source[at]!)) at++
      items.push({kind: 'atom', text: source.slice(start, at), start, end: at})
    }
  }
  if (open.length > 0) throw new Error(`line ${lineOf(source, open.at(-1)!.start)}: ( is never closed`)
  return root.map(node => {
    if (node.kind !== 'list') throw new Error(`line ${lineOf(source, node.start)}: expected (`)
    return node
  })
}

/** Counting from 1. */
export function lineOf(source: string, at: number): number {
  let line = 1
  for (let i = source.indexOf('\n'); i >= 0 && i < at; i = source.indexOf('\n', i + 1)) line++
  return line
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at)
  return end < 0 ? source.length : end
}

function endOfBlock(source: string, start: number): number {
  let depth = 0
  for (let at = start; at < source.length; at++) {
    if (source.startsWith('(;', at)) {
      depth++
      at++
    } else if (source.startsWith(';)', at)) {
      depth--
      at++
      if (depth === 0) return at + 1
    }
  }
  throw new Error(`line ${lineOf(source, start)}: (; is never closed`)
}

const escapes: Readonly<Record<string, number>> = {t: 9, n: 10, r: 13, '"': 34, "'": 39, '\\': 92}

function readString(source: string, start: number): {bytes: Uint8Array; end: number} {
  const parts: Buffer[] = []
  let at = start + 1
  let plain = at
  const flush = (): void => {
    parts.push(Buffer.from(source.slice(plain, at)))
  }
  for (;;) {
    if (at >= source.length) throw new Error(`line ${lineOf(source, start)}: " is never closed`)
    if (source[at] === '"') break
    if (source[at] !== '\\') {
      at++
      continue
    }
    flush()
    const letter = source[at + 1] ?? ''
    const unicode = /^\\u\{([0-9a-fA-F_]+)\}/.exec(source.slice(at, at + 20))
    if (unicode !== null) {
      parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(unicode[1]!, 16))))
      at += unicode[0].length
    } else if (letter in escapes) {
      parts.push(Buffer.of(escapes[letter]!))
      at += 2
    } else {
      parts.push(Buffer.of(Number.parseInt(source.slice(at + 1, at + 3), 16)))
      at += 3
    }
    plain = at
  }
  flush()
  return {bytes: new Uint8Array(Buffer.concat(parts)), end: at + 1}
}
