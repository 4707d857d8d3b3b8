// test/spec/reasons.ts: the suite's words for what is wrong, and ours where they differ.

/** By a part of the suite's message: a part of ours. */
const ours: readonly (readonly [theirs: RegExp, ours: string])[] = [
  [/^unexpected end-of-file$/, 'unexpected end'],
]

/** Whether `message`, which is ours, says what the suite expects. */
export function explains(message: string, expected: string): boolean {
  if (message.includes(expected)) return true
  return ours.some(([theirs, mine]) => theirs.test(expected) && message.includes(mine))
}
