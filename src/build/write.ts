// build/write.ts: files that appear whole or not at all.
import {randomBytes} from 'node:crypto'
import {mkdir, open, rename, rm} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {MayflyError} from '../base/errors.ts'

/**
 * Writes `parts`, one after the other, to a new file beside `file` and puts it in its place.
 * When that fails, a full disk included, the old file is untouched and nothing is left behind. Only a `durable` file
 * is sure to be whole after a power cut; others are for readers that notice.
 * @throws FILE_DISK_FULL, FILE_DENIED, FILE_FAILED
 */
export async function writeAtomically(
  file: string,
  parts: readonly Uint8Array[],
  {durable = true} = {},
): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, 'wx')
    try {
      for (const part of parts) await handle.writeFile(part)
      if (durable) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (cause) {
    await rm(temporary, {force: true}).catch(() => {})
    throw writeError(file, cause)
  }
}

/** @throws FILE_DISK_FULL, FILE_DENIED, FILE_FAILED */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, {recursive: true})
  } catch (cause) {
    throw writeError(folder, cause)
  }
}

const DENIED: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS'])
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])
const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'there is a file in its place',
  EISDIR: 'there is a folder in its place',
  ENOTDIR: 'a part of its path is no folder',
}

function writeError(path: string, cause: unknown): MayflyError {
  const {code} = cause as {code?: unknown}
  const options = {at: {file: path}, cause}
  if (FULL.has(code)) return new MayflyError('FILE_DISK_FULL', {path}, options)
  if (DENIED.has(code)) return new MayflyError('FILE_DENIED', {action: 'write', path}, options)
  const reason = REASONS[String(code)] ?? (cause instanceof Error ? cause.message : String(cause))
  return new MayflyError('FILE_FAILED', {action: 'write', path, reason}, options)
}
