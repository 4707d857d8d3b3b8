// manifest/source.ts: where a component's binary comes from.
import type {Source} from './app.ts'
import {type Check, either, text, then} from './check.ts'
import {compact} from './compact.ts'
import {exactVersion, filePath, packageName, sha256, webUrl} from './names.ts'
import {optional, required, shapes, table} from './table.ts'

const EXPECTED = 'a path, {url, digest} or {package, version}'

const fromPath: Check<Source> = then(filePath, path => ({path}))
const fromUrl: Check<Source> = table({
  url: required(webUrl),
  digest: required(sha256, 'digest = "sha256:..."'),
})
const fromRegistry: Check<Source> = then(
  table({registry: optional(text), package: required(packageName), version: required(exactVersion)}),
  compact,
)

export const source: Check<Source> = either(EXPECTED, {
  string: fromPath,
  table: shapes(EXPECTED, {
    url: fromUrl,
    digest: fromUrl,
    package: fromRegistry,
    version: fromRegistry,
    registry: fromRegistry,
  }),
})
