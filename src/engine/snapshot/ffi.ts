// engine/snapshot/ffi.ts: the few functions of Linux's C library that the mapping tiers need.
import {ftruncateSync, openSync, writeSync} from 'node:fs'
import {getSystemErrorName} from 'node:util'
import {MayflyError} from '../../base/errors.ts'
import type {Piece} from './state.ts'

type NodeFfi = typeof import('node:ffi')

const PROT_READ_WRITE = 3
const MAP_PRIVATE = 0x02
const MAP_FIXED = 0x10
const MAP_ANONYMOUS = 0x20
const MADV_DONTNEED = 4
const MADV_NOHUGEPAGE = 15
const MFD_CLOEXEC = 1
const RUSAGE_THREAD = 1
const MAP_FAILED = 0xffff_ffff_ffff_ffffn

/** _IOWR('f', 16, struct pm_scan_arg), the same on x64 and arm64. */
const PAGEMAP_SCAN = 0xc060_6610n

/** Categories of a page in PAGEMAP_SCAN. */
const PAGE_IS = {file: 4n, present: 8n, swapped: 16n, zero: 32n} as const

const SCAN_RANGES = 2048

/** Where the kernel says how far a scan came, in words of the request. */
const WALK_END = 4

/** glibc, then musl. */
export const LIBRARIES: readonly string[] = ['libc.so.6', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1']

export type Libc = Readonly<{
  pageSize: number
  /** The address of a memory's first byte. */
  address(buffer: ArrayBuffer): bigint
  /** A file in memory with these bytes; blocks of zeros take no space. */
  createFile(content: Uint8Array): number
  /** A file in memory of this length: zeros, and the pieces that are put there, in order. */
  layOutFile(length: number, pieces: readonly Piece[]): number
  setFileLength(file: number, length: number): void
  closeFile(file: number): void
  /** Shows the file's first `length` bytes at `address`, copy on write. */
  mapPrivate(address: bigint, length: number, file: number): void
  /** Shows zeros at `address`. */
  mapZeros(address: bigint, length: number): void
  /** Forgets private pages: what is below shows again, the file or zeros. */
  drop(address: bigint, length: number): void
  /** Forbids huge pages, where the kernel has them. */
  splitPages(address: bigint, length: number): void
  /** Changes whenever this thread had a page fault. */
  faults(): number
  /** What `faults` gave last, for nothing. */
  faultsBefore(): number
  /**
   * The private pages in a range, as pairs of start and end, counted from `address`; those in swap too, but no page that
   * was only read. Throws SNAPSHOT_FAILED where the kernel has no PAGEMAP_SCAN (before Linux 6.7).
   */
  privateRanges(address: bigint, length: number): number[]
}>

/** `node:ffi`, without the warning that it is experimental: users can do nothing about it. */
export function loadFfi(): NodeFfi | undefined {
  const {emitWarning} = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:ffi') as NodeFfi | undefined
  } catch {
    return undefined
  } finally {
    process.emitWarning = emitWarning
  }
}

let loaded: Libc | undefined

/** Throws SNAPSHOT_FAILED with the reason when there is no such library or no FFI. */
export function loadLibc(): Libc {
  loaded ??= bind()
  return loaded
}

function failed(call: string, reason: string): never {
  throw new MayflyError('SNAPSHOT_FAILED', {call, reason})
}

function bind(): Libc {
  if (process.platform !== 'linux') failed('mmap', `${process.platform} is not Linux`)
  const ffi = loadFfi()
  if (ffi === undefined) return failed('mmap', 'this Node has no node:ffi')
  const c = open(ffi)
  const usage = new BigInt64Array(18)
  const usageWords = new Uint32Array(usage.buffer)
  // Found once: it takes longer than the call itself.
  const usageAddress = ffi.getRawPointer(usage.buffer)
  const ranges = new BigUint64Array(3 * SCAN_RANGES)
  const request = new BigUint64Array(12)
  let pagemap = -1
  let faults = 0

  const check = (call: string, ok: boolean): void => {
    if (!ok)
      failed(call, getSystemErrorName(-ffi.getInt32(c.__errno_location() as bigint)) ?? 'unknown error')
  }
  const map = (address: bigint, length: number, flags: number, file: number): void =>
    check(
      'mmap',
      c.mmap(address, BigInt(length), PROT_READ_WRITE, flags | MAP_FIXED, file, 0n) !== MAP_FAILED,
    )

  const layOutFile = (length: number, pieces: Iterable<Piece>): number => {
    const file = c.memfd_create('mayfly', MFD_CLOEXEC) as number
    check('memfd_create', file >= 0)
    try {
      ftruncateSync(file, length)
      for (const {at, bytes} of pieces)
        for (let done = 0; done < bytes.length; )
          done += writeSync(file, bytes, done, bytes.length - done, at + done)
      return file
    } catch (error) {
      c.close(file)
      throw error
    }
  }

  return Object.freeze({
    pageSize: c.getpagesize() as number,
    address: (buffer: ArrayBuffer) => ffi.getRawPointer(buffer),
    createFile: (content: Uint8Array) => layOutFile(content.length, blocksOf(content)),
    layOutFile,
    setFileLength: (file: number, length: number) => ftruncateSync(file, length),
    // Node did not open it, and in a worker thread warns of what others opened.
    closeFile: (file: number) => check('close', c.close(file) === 0),
    mapPrivate: (address: bigint, length: number, file: number) => map(address, length, MAP_PRIVATE, file),
    mapZeros: (address: bigint, length: number) => map(address, length, MAP_PRIVATE | MAP_ANONYMOUS, -1),
    drop(address: bigint, length: number): void {
      check('madvise', c.madvise(address, BigInt(length), MADV_DONTNEED) === 0)
    },
    splitPages(address: bigint, length: number): void {
      c.madvise(address, BigInt(length), MADV_NOHUGEPAGE)
    },
    faults(): number {
      c.getrusage(RUSAGE_THREAD, usageAddress)
      // ru_minflt and ru_majflt: a page that must be read from swap counts as the latter.
      faults = usageWords[16]! + usageWords[18]!
      return faults
    },
    faultsBefore: () => faults,
    privateRanges(address: bigint, length: number): number[] {
      if (pagemap < 0) pagemap = openSync('/proc/self/pagemap', 'r')
      const found: number[] = []
      const end = address + BigInt(length)
      const not = PAGE_IS.file | PAGE_IS.zero
      const any = PAGE_IS.present | PAGE_IS.swapped
      for (let from = address; from < end; from = request[WALK_END]!) {
        request.set([
          96n,
          0n,
          from,
          end,
          0n,
          ffi.getRawPointer(ranges.buffer),
          BigInt(SCAN_RANGES),
          0n,
          not,
          not,
          any,
          any,
        ])
        const count = c.ioctl(pagemap, PAGEMAP_SCAN, request) as number
        check('PAGEMAP_SCAN', count >= 0 && request[WALK_END]! > from)
        for (let i = 0; i < count; i++)
          found.push(Number(ranges[3 * i]! - address), Number(ranges[3 * i + 1]! - address))
      }
      return found
    },
  })
}

function open(ffi: NodeFfi) {
  const types = {
    memfd_create: {arguments: ['string', 'u32'], return: 'i32'},
    mmap: {arguments: ['u64', 'u64', 'i32', 'i32', 'i32', 'i64'], return: 'u64'},
    madvise: {arguments: ['u64', 'u64', 'i32'], return: 'i32'},
    ioctl: {arguments: ['i32', 'u64', 'buffer'], return: 'i32'},
    getrusage: {arguments: ['i32', 'u64'], return: 'i32'},
    close: {arguments: ['i32'], return: 'i32'},
    getpagesize: {arguments: [], return: 'i32'},
    __errno_location: {arguments: [], return: 'pointer'},
  } as const
  let reason = ''
  for (const library of LIBRARIES) {
    try {
      return ffi.dlopen(library, types).functions
    } catch (error) {
      reason ||= error instanceof Error ? error.message : String(error)
    }
  }
  return failed('dlopen', reason)
}

const BLOCK = 65_536

/** Those that hold more than zeros. */
function* blocksOf(content: Uint8Array): Generator<Piece, void> {
  const zeros = Buffer.alloc(BLOCK)
  for (let at = 0; at < content.length; at += BLOCK) {
    const bytes = content.subarray(at, at + BLOCK)
    if (zeros.compare(bytes, 0, bytes.length, 0, bytes.length) !== 0) yield {at, bytes}
  }
}
