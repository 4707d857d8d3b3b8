// guests/cache.ts: a folder of finished components, each built once per machine, whoever asks first.

import {createHash, randomUUID} from 'node:crypto'
import {link, mkdir, readdir, readFile, rename, stat, unlink, writeFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join, relative} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

export type Env = Readonly<Record<string, string | undefined>>

/** `$MAYFLY_GUEST_CACHE`, else the user's cache folder. */
export function cacheDir(env: Env): string {
  if (env['MAYFLY_GUEST_CACHE']) return env['MAYFLY_GUEST_CACHE']
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'mayfly', 'guests')
}

/** Hash of the names and contents of all files below `roots` and of `extra`: 16 hex digits. */
export async function hashFiles(roots: readonly string[], extra: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256')
  for (const root of roots) {
    for (const file of await filesBelow(root)) {
      const bytes = await readFile(file)
      hash.update(`${relative(root, file)}\0${bytes.length}\0`).update(bytes)
    }
  }
  for (const item of extra) hash.update(`\0${item.length}\0${item}`)
  return hash.digest('hex').slice(0, 16)
}

async function filesBelow(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path]
  const entries = await readdir(path, {recursive: true, withFileTypes: true})
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Writes `file` whole or not at all. */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, bytes)
  await rename(temporary, file)
}

/**
 * Answers `file`, made by `make` where it is missing; processes that ask at the same time wait for the first.
 * A holder that died loses its lock. Losing the race for a dead holder's lock costs a second build, nothing else,
 * since the result is renamed into place.
 */
export async function buildOnce(file: string, make: () => Promise<Uint8Array>): Promise<string> {
  if (await exists(file)) return file
  await mkdir(join(file, '..'), {recursive: true})
  const release = await lock(`${file}.lock`)
  try {
    if (!(await exists(file))) await writeWhole(file, await make())
    return file
  } finally {
    await release()
  }
}

async function lock(path: string): Promise<() => Promise<void>> {
  // A hard link appears with its content, so nobody meets a lock without a holder.
  const mine = `${path}.${randomUUID()}`
  await writeFile(mine, String(process.pid))
  try {
    for (;;) {
      const taken = await link(mine, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false
          throw error
        },
      )
      if (taken) return () => unlink(path).catch(() => {})
      const holder = Number(await readFile(path, 'utf8').catch(() => '0'))
      if (holder > 0 && !isAlive(holder)) await unlink(path).catch(() => {})
      else await sleep(100)
    }
  } finally {
    await unlink(mine)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
