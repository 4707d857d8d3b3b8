// cli/cache-dir.ts: where what can be made again is kept. bin/mayfly.js decides by the same rule.
import {homedir} from 'node:os'
import {join} from 'node:path'
import type {Environment} from './args.ts'

export function cacheDir(env: Environment): string {
  if (env['MAYFLY_CACHE_DIR']) return env['MAYFLY_CACHE_DIR']
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'mayfly')
  return join(homedir(), '.cache', 'mayfly')
}
