// manifest/nearest.ts: the name that was probably meant.

const LONGEST = 64
/** Of so many names none is meant more than another. */
const MOST_COMPARED = 500

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({length: b.length + 1}, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const next = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(last[column]! + 1, next[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1))
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, before[column - 2]! + 1)
      next.push(cost)
    }
    before = last
    last = next
  }
  return last[b.length]!
}

const plain = (name: string): string => name.toLowerCase().replaceAll('-', '_')

/** The known name nearest to `name`, or one that begins with it; none when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined
  const wanted = plain(name)
  let best: string | undefined
  // Of one or two letters, only the case may differ.
  let bestDistance = (name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3))) + 1
  let begun: string | undefined
  let compared = 0
  for (const candidate of known) {
    if (++compared > MOST_COMPARED) break
    if (name.length > 2 && plain(candidate).startsWith(wanted)) begun ??= candidate
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const distance = editDistance(wanted, plain(candidate))
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best ?? begun
}
