// cli/read-whole.ts: large files, read while something else is done.
import {type BigIntStats, closeSync, fstatSync, openSync, read} from 'node:fs'

/** A file's bytes, unless `instead` has something else for it, by what the file was before they are read. */
export async function readWhole<Other = never>(
  path: string,
  instead?: (stats: BigIntStats) => Promise<Other | undefined>,
): Promise<Readonly<{stats: BigIntStats; bytes: Buffer}> | Other> {
  const file = openSync(path, 'r')
  try {
    const stats = fstatSync(file, {bigint: true})
    return (await instead?.(stats)) ?? {stats, bytes: await readAll(file, Number(stats.size))}
  } finally {
    closeSync(file)
  }
}

/** In one go: node's own readFile comes back to this thread, which is busy, after every part. */
async function readAll(file: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size)
  let length = 0
  for (let more = -1; more !== 0 && length < bytes.length; length += more)
    more = await new Promise<number>((resolve, reject) =>
      read(file, bytes, length, bytes.length - length, length, (error, count) =>
        error === null ? resolve(count) : reject(error),
      ),
    )
  return bytes.subarray(0, length)
}
