// cli/version.ts: the version in package.json, the only place where it is written.
import {readFileSync} from 'node:fs'

export function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}
