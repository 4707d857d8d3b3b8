// engine/component/validation/semver.ts: Semantic Versioning 2.0, as the versions of interfaces are written.

/** Why `text` is not a semantic version; undefined if it is one. */
export function semverProblem(text: string): string | undefined {
  if (text === '') return 'empty string, expected a semver version'
  let at = 0
  for (const part of ['major', 'minor', 'patch'] as const) {
    const digits = /^\d+/.exec(text.slice(at, at + 30))?.[0]
    if (digits === undefined) return unexpected(text, at, part)
    if (digits.length > 1 && digits.startsWith('0')) return `invalid leading zero in ${part} version number`
    if (BigInt(digits) >= 2n ** 64n) return `value of ${part} version number exceeds 2^64 - 1`
    at += digits.length
    if (part === 'patch') break
    if (text[at] !== '.') return unexpected(text, at, part)
    at++
  }
  if (at === text.length) return undefined
  if (text[at] !== '-' && text[at] !== '+') return unexpected(text, at, 'patch')
  const plus = text.indexOf('+', at)
  const preRelease = text[at] === '-' ? text.slice(at + 1, plus < 0 ? undefined : plus) : undefined
  const build = plus < 0 ? undefined : text.slice(plus + 1)
  return identifiers('pre-release', preRelease) ?? identifiers('build metadata', build)
}

function identifiers(what: 'pre-release' | 'build metadata', text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  for (const segment of text.split('.')) {
    if (segment === '') return `empty identifier segment in ${what}`
    if (!/^[0-9A-Za-z-]+$/.test(segment)) return `unexpected character in ${what} identifier`
    if (what === 'pre-release' && /^0\d+$/.test(segment)) return `invalid leading zero in ${what} identifier`
  }
  return undefined
}

function unexpected(text: string, at: number, part: string): string {
  if (at >= text.length) return `unexpected end of input while parsing ${part} version number`
  return `unexpected character '${String.fromCodePoint(text.codePointAt(at)!)}' while parsing ${part} version number`
}

/** A version shortened to what decides compatibility: 1, 0.2, 0.0.3. */
export const isCanonicalVersion = (text: string): boolean =>
  /^([1-9]\d*|0\.[1-9]\d*|0\.0\.[1-9]\d*|0\.0\.0)$/.test(text)
