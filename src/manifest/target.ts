// manifest/target.ts: the environments that components are meant for.
import type {Target} from './app.ts'
import {type Check, either, list, text, then} from './check.ts'
import {filePath, webUrl} from './names.ts'
import {required, shapes, table} from './table.ts'

const EXPECTED = 'a name such as "spin-up:3.3", {url} or {path}'

const target: Check<Target> = either<Target>(EXPECTED, {
  string: then(text, name => ({name})),
  table: shapes<Target>(EXPECTED, {
    url: table({url: required(webUrl)}),
    path: table({path: required(filePath)}),
  }),
})

export const targets = list(target)
