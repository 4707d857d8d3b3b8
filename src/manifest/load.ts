// manifest/load.ts: finds and reads the file of a manifest. All else in this room is pure.
import {readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import type {App} from './app.ts'
import {LONGEST_MANIFEST, parseManifest} from './parse.ts'

/** No character of the longest manifest takes more bytes. */
const LONGEST_FILE = LONGEST_MANIFEST * 4

/**
 * Reads the manifest at `path`: the file, or `spin.toml` in the directory.
 * @throws MANIFEST_NOT_FOUND, MANIFEST_UNREADABLE, MANIFEST_TOO_LARGE, or MayflyErrors with the mistakes in it
 */
export async function loadManifest(
  path: string,
  {profile}: {profile?: string | undefined} = {},
): Promise<App> {
  const file = (await about(path)).isDirectory() ? join(path, 'spin.toml') : path
  const entry = await about(file)
  // A pipe or a device would be read for ever.
  if (!entry.isFile())
    throw unreadable(file, 'it is not a file', 'name a spin.toml or the directory that holds it')
  if (entry.size > LONGEST_FILE)
    throw new MayflyError('MANIFEST_TOO_LARGE', {limit: LONGEST_MANIFEST}, {at: {file, line: 1, column: 1}})
  return parseManifest(decode(await readFile(file).catch(error => refuse(file, error)), file), {
    file,
    profile,
  })
}

const about = (path: string) => stat(path).catch(error => refuse(path, error))

function refuse(file: string, error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    throw new MayflyError('MANIFEST_NOT_FOUND', {file}, {at: {file}, cause: error})
  if (error.code === 'EACCES' || error.code === 'EPERM')
    throw unreadable(file, 'permission denied', 'give this user the right to read it', error)
  throw unreadable(
    file,
    error.code ?? error.message,
    'see that the path is right and the disk is well',
    error,
  )
}

function unreadable(file: string, reason: string, remedy: string, cause?: unknown): MayflyError {
  return new MayflyError('MANIFEST_UNREADABLE', {file, reason, remedy}, {at: {file}, cause})
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch (error) {
    throw unreadable(file, 'it is not text in UTF-8', 'save it in UTF-8', error)
  }
}
