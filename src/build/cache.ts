// build/cache.ts: files that can be made again, kept between builds; one that is damaged counts as absent.
import {createHash} from 'node:crypto'
import {mkdir, readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {writeAtomically} from './write.ts'

const DIGEST_BYTES = 32

/** Hex digest of `parts`, in which no two lists of parts read the same. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex')
}

/**
 * The cached file `name` of `folder`, or what `make` returns, which is then kept. A file ends with the digest of
 * what stands before it, so one that was cut off or changed is made again. A cache that cannot be written is no
 * reason to fail: the next build is slow again, that is all.
 */
export async function cached(
  folder: string,
  name: string,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const file = join(folder, name)
  const found = await readSealed(file)
  if (found !== undefined) return found
  const content = await make()
  try {
    await mkdir(dirname(file), {recursive: true})
    await writeAtomically(file, [content, digest(content)], {durable: false})
  } catch {
    // Read-only, full, or another user's: see above.
  }
  return content
}

async function readSealed(file: string): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch {
    return undefined
  }
  if (bytes.length < DIGEST_BYTES) return undefined
  const content = bytes.subarray(0, -DIGEST_BYTES)
  if (!digest(content).equals(bytes.subarray(-DIGEST_BYTES))) return undefined
  return content
}

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
