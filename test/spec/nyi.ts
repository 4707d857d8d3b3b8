// test/spec/nyi.ts: reads nyi.txt, the list of forms that cannot run yet.

/** Tells by its line whether a form of `script` is on the list. */
export function notYet(list: string, script: string): (line: number) => boolean {
  const lines = new Set<string>()
  for (const entry of list.split('\n')) {
    const [path, line, ...reason] = entry.trim().split(/\s+/)
    if (path === undefined || path === '' || path.startsWith('#')) continue
    if (line === undefined || reason.length === 0)
      throw new Error(`nyi.txt: an entry needs a line and a reason: ${entry}`)
    if (path === script) lines.add(line)
  }
  return line => lines.has(String(line))
}
