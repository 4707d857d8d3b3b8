// manifest/files.ts: the files that a component may read.
import type {Mount} from './app.ts'
import {badValue, type Check, either, list, textWhere, then} from './check.ts'
import {filePath} from './names.ts'
import {required, table} from './table.ts'

const EXPECTED = 'a path, a pattern such as "assets/**/*.png", or {source, destination}'

const pattern: Check<Mount> = then(filePath, (text, value, path, reader) => {
  if (!/(?:^|\/)\.{1,2}$/.test(text)) return {pattern: text}
  return badValue(
    value,
    path,
    reader,
    EXPECTED,
    `for a whole directory write { source = ${JSON.stringify(text)}, destination = "/" }`,
  )
})

const destination = textWhere('an absolute path in the guest, such as "/" or "/assets"', text => {
  if (text.includes('\u0000')) return 'a path holds no NUL character'
  if (!text.startsWith('/')) return 'begin with "/"'
  return text.split('/').includes('..') ? 'a guest has nothing outside of "/": remove ".."' : undefined
})

const placement: Check<Mount> = table({
  source: required(filePath, 'source = "assets"'),
  destination: required(destination, 'destination = "/"'),
})

export const files = list(either(EXPECTED, {string: pattern, table: placement}))
export const patterns = list(filePath)
