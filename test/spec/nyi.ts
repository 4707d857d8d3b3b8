// test/spec/nyi.ts: reads nyi.txt, the list of what cannot run yet.
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

export type NotYet = Readonly<{
  /** Whether the form of a script that starts in `line` is on the list: it must fail. */
  form(script: string, line: number): boolean
  /** Whether a script is on the list as a whole: some of its forms must be skipped. */
  script(script: string): boolean
}>

export function readNotYet(text = readFileSync(join(import.meta.dirname, 'nyi.txt'), 'utf8')): NotYet {
  const entries = new Set<string>()
  for (const entry of text.split('\n')) {
    const [path, line, ...reason] = entry.trim().split(/\s+/)
    if (path === undefined || path === '' || path.startsWith('#')) continue
    if (line === undefined || reason.length === 0)
      throw new Error(`nyi.txt: an entry needs a line and a reason: ${entry}`)
    entries.add(`${path} ${line}`)
  }
  return {
    form: (script, line) => entries.has(`${script} ${line}`),
    script: script => entries.has(`${script} *`),
  }
}
