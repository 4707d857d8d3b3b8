// build/javascript/preview1.ts: the WASI 0.1 that initialisation sees: a few files in memory, and nothing that varies.
import {createHash} from 'node:crypto'

/** What `proc_exit` throws, since the guest must not go on. */
export class InitExit extends Error {
  readonly exitCode: number
  constructor(exitCode: number) {
    super(`exit code ${exitCode}`)
    this.exitCode = exitCode
  }
}

/** What an import throws that initialisation may not call. */
export class InitRefused extends Error {
  readonly importName: string
  constructor(importName: string) {
    super(`${importName} is not available during initialisation`)
    this.importName = importName
  }
}

export type InitWasiOptions = Readonly<{
  /** Absolute path -> content; the guest sees nothing else of any file system. */
  files: ReadonlyMap<string, Uint8Array>
  env: Readonly<Record<string, string>>
  stdin: Uint8Array
  /** `random_get` answers a stream that is a function of this. */
  seed: Uint8Array
}>

export type InitWasi = Readonly<{
  /** Functions of `wasi_snapshot_preview1`. */
  imports: Readonly<Record<string, (...args: never[]) => number>>
  /** Must be called with the instance's memory before any guest code runs. */
  bind(memory: WebAssembly.Memory): void
  stdout(): string
  stderr(): string
}>

/** WASI 0.1 error numbers. */
const Errno = {success: 0, badf: 8, inval: 28, noent: 44, notdir: 54, rofs: 69} as const
const FileType = {characterDevice: 2, directory: 3, regular: 4} as const
const OpenFlag = {create: 1, directory: 2, exclusive: 4, truncate: 8} as const

/** Every clock stands here, in ns: the start of the year 2000. */
const FIXED_TIME_NS = 946_684_800_000_000_000n
const PREOPEN_FD = 3
const PREOPEN_PATH = '/'
/** Output beyond this is dropped: a loop that prints must not fill our memory. */
const MAX_OUTPUT_BYTES = 4 << 20

type OpenFile = {content: Uint8Array; position: number}

/** A WASI 0.1 whose every answer is a function of its options. */
export function createInitWasi(options: InitWasiOptions): InitWasi {
  let memory: WebAssembly.Memory | undefined
  const bytes = () => new Uint8Array(memory!.buffer)
  const view = () => new DataView(memory!.buffer)
  const text = (pointer: number, length: number) =>
    new TextDecoder().decode(bytes().slice(pointer, pointer + length))
  const encoder = new TextEncoder()

  const open = new Map<number, OpenFile>([[0, {content: options.stdin, position: 0}]])
  let nextFd = PREOPEN_FD + 1
  const output = {1: createSink(), 2: createSink()}
  const random = createRandomStream(options.seed)
  const environment = Object.entries(options.env).map(([key, value]) => encoder.encode(`${key}=${value}\0`))

  const resolve = (fd: number, pointer: number, length: number) =>
    fd === PREOPEN_FD ? normalise(text(pointer, length)) : undefined

  /** Calls `each` for every (pointer, length) pair until it returns less than the length. */
  const overVectors = (pointer: number, count: number, each: (target: Uint8Array) => number) => {
    const data = view()
    let total = 0
    for (let index = 0; index < count; index++) {
      const start = data.getUint32(pointer + index * 8, true)
      const length = data.getUint32(pointer + index * 8 + 4, true)
      const done = each(bytes().subarray(start, start + length))
      total += done
      if (done < length) break
    }
    return total
  }

  const writeStrings = (strings: readonly Uint8Array[], pointers: number, buffer: number) => {
    strings.forEach((string, index) => {
      view().setUint32(pointers + index * 4, buffer, true)
      bytes().set(string, buffer)
      buffer += string.length
    })
    return Errno.success
  }
  const writeSizes = (strings: readonly Uint8Array[], count: number, size: number) => {
    view().setUint32(count, strings.length, true)
    view().setUint32(
      size,
      strings.reduce((sum, string) => sum + string.length, 0),
      true,
    )
    return Errno.success
  }

  const imports = {
    args_get: (pointers: number, buffer: number) => writeStrings([encoder.encode('app\0')], pointers, buffer),
    args_sizes_get: (count: number, size: number) => writeSizes([encoder.encode('app\0')], count, size),
    environ_get: (pointers: number, buffer: number) => writeStrings(environment, pointers, buffer),
    environ_sizes_get: (count: number, size: number) => writeSizes(environment, count, size),

    clock_res_get: (_id: number, result: number) => {
      view().setBigUint64(result, 1n, true)
      return Errno.success
    },
    clock_time_get: (_id: number, _precision: bigint, result: number) => {
      view().setBigUint64(result, FIXED_TIME_NS, true)
      return Errno.success
    },
    random_get: (pointer: number, length: number) => {
      random(bytes().subarray(pointer, pointer + length))
      return Errno.success
    },
    proc_exit: (code: number): number => {
      throw new InitExit(code)
    },

    fd_close: (fd: number) => (open.delete(fd) ? Errno.success : Errno.badf),
    fd_fdstat_get: (fd: number, result: number) => {
      if (fd > PREOPEN_FD && !open.has(fd)) return Errno.badf
      bytes().fill(0, result, result + 24)
      const type =
        fd < PREOPEN_FD ? FileType.characterDevice : fd === PREOPEN_FD ? FileType.directory : FileType.regular
      view().setUint8(result, type)
      view().setBigUint64(result + 8, 0xffff_ffffn, true)
      view().setBigUint64(result + 16, 0xffff_ffffn, true)
      return Errno.success
    },
    fd_fdstat_set_flags: () => Errno.success,
    fd_prestat_get: (fd: number, result: number) => {
      if (fd !== PREOPEN_FD) return Errno.badf
      view().setUint32(result, 0, true)
      view().setUint32(result + 4, PREOPEN_PATH.length, true)
      return Errno.success
    },
    fd_prestat_dir_name: (fd: number, pointer: number, length: number) => {
      if (fd !== PREOPEN_FD || length < PREOPEN_PATH.length) return Errno.badf
      bytes().set(encoder.encode(PREOPEN_PATH), pointer)
      return Errno.success
    },
    fd_read: (fd: number, vectors: number, count: number, result: number) => {
      const file = open.get(fd)
      if (file === undefined) return Errno.badf
      const total = overVectors(vectors, count, target => {
        const part = file.content.subarray(file.position, file.position + target.length)
        target.set(part)
        file.position += part.length
        return part.length
      })
      view().setUint32(result, total, true)
      return Errno.success
    },
    fd_readdir: (_fd: number, _buffer: number, _length: number, _cookie: bigint, result: number) => {
      view().setUint32(result, 0, true)
      return Errno.success
    },
    fd_seek: (fd: number, offset: bigint, whence: number, result: number) => {
      const file = open.get(fd)
      if (file === undefined) return Errno.badf
      const base = whence === 0 ? 0 : whence === 1 ? file.position : file.content.length
      const position = base + Number(offset)
      if (position < 0) return Errno.inval
      file.position = position
      view().setBigUint64(result, BigInt(position), true)
      return Errno.success
    },
    fd_write: (fd: number, vectors: number, count: number, result: number) => {
      if (fd !== 1 && fd !== 2) return Errno.badf
      const total = overVectors(vectors, count, source => output[fd].write(source))
      view().setUint32(result, total, true)
      return Errno.success
    },

    path_filestat_get: (fd: number, _flags: number, pointer: number, length: number, result: number) => {
      const path = resolve(fd, pointer, length)
      if (path === undefined) return Errno.badf
      const content = options.files.get(path)
      if (content === undefined && path !== PREOPEN_PATH) return Errno.noent
      bytes().fill(0, result, result + 64)
      view().setUint8(result + 16, content === undefined ? FileType.directory : FileType.regular)
      view().setBigUint64(result + 24, 1n, true)
      view().setBigUint64(result + 32, BigInt(content?.length ?? 0), true)
      return Errno.success
    },
    path_open: (
      fd: number,
      _lookup: number,
      pointer: number,
      length: number,
      flags: number,
      _rights: bigint,
      _inheriting: bigint,
      _fdFlags: number,
      result: number,
    ) => {
      const path = resolve(fd, pointer, length)
      if (path === undefined) return Errno.badf
      if (flags & (OpenFlag.create | OpenFlag.truncate)) return Errno.rofs
      const content = options.files.get(path)
      if (content === undefined) return Errno.noent
      if (flags & OpenFlag.directory) return Errno.notdir
      open.set(nextFd, {content, position: 0})
      view().setUint32(result, nextFd++, true)
      return Errno.success
    },
    path_remove_directory: () => Errno.rofs,
    path_unlink_file: () => Errno.rofs,
  }

  return {
    imports,
    bind(given) {
      memory = given
    },
    stdout: () => output[1].text(),
    stderr: () => output[2].text(),
  }
}

/** `/a/./b` and `a/../a/b` as `/a/b`; never above the root. */
function normalise(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function createSink() {
  const chunks: Uint8Array[] = []
  let length = 0
  return {
    write(source: Uint8Array): number {
      if (length < MAX_OUTPUT_BYTES) chunks.push(source.slice())
      length += source.length
      return source.length
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
  }
}

/** SHA-256 in counter mode over `seed`. */
function createRandomStream(seed: Uint8Array): (target: Uint8Array) => void {
  let block = new Uint8Array(0)
  let counter = 0
  return target => {
    for (let index = 0; index < target.length; index++) {
      if (block.length === 0) block = createHash('sha256').update(seed).update(`:${counter++}`).digest()
      target[index] = block[0]!
      block = block.subarray(1)
    }
  }
}
