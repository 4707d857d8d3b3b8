// wasi/preview1/readdir.ts: fd_readdir.
import type {GuestMemory} from '../../engine/abi/memory.ts'
import {statsOf} from '../filesystem/descriptor.ts'
import type {DirectoryEntries, DirectoryEntry} from '../filesystem/directory-entries.ts'
import {statsFor} from '../filesystem/directory-functions.ts'
import {attempt} from '../filesystem/error-code.ts'
import {FILETYPE_OF} from './constants.ts'
import {unwrap} from './errno.ts'
import type {OpenDirectory} from './fd-table.ts'
import {inodeOf} from './filestat.ts'
import {type Preview1Function, plain} from './function.ts'
import {type Guest, reach} from './guest.ts'
import {METHODS} from './methods.ts'

/** witx dirent: size 24, alignment 8; the name follows it. */
const DIRENT_BYTES = 24

const DOTS: readonly DirectoryEntry[] = [
  {type: 'directory', name: '.'},
  {type: 'directory', name: '..'},
]

/** By name, so that the same directory is listed the same everywhere. */
const byName = (a: DirectoryEntry, b: DirectoryEntry): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0

function list(guest: Guest, {descriptor}: OpenDirectory): readonly DirectoryEntry[] {
  const entries = unwrap<DirectoryEntries>(METHODS.readDirectory(guest.store, descriptor))
  const listing: DirectoryEntry[] = []
  try {
    for (;;) {
      const entry = unwrap(attempt(() => entries.next()))
      if (entry === undefined) break
      listing.push(entry)
    }
  } finally {
    entries.drop()
  }
  return [...DOTS, ...listing.sort(byName)]
}

/** A file that is gone by now has no number. */
function inodeFor({descriptor}: OpenDirectory, name: string): bigint {
  const stats = attempt(() =>
    name === '.' || name === '..' ? statsOf(descriptor) : statsFor(descriptor, {symlinkFollow: false}, name),
  )
  return stats.tag === 'ok' ? inodeOf(stats.val) : 0n
}

/** The entry whose successor has the cookie `next`, as bytes. */
function direntOf(directory: OpenDirectory, {type, name}: DirectoryEntry, next: number): Buffer {
  const nameLength = Buffer.byteLength(name)
  const bytes = Buffer.alloc(DIRENT_BYTES + nameLength)
  bytes.writeBigUInt64LE(BigInt(next), 0)
  bytes.writeBigUInt64LE(inodeFor(directory, name), 8)
  bytes.writeUInt32LE(nameLength, 16)
  bytes.writeUInt8(FILETYPE_OF[type], 20)
  bytes.write(name, DIRENT_BYTES)
  return bytes
}

/**
 * A cookie is the number of entries before. What was listed when the reading began is kept until it begins anew, so that
 * a guest that removes what it reads misses nothing.
 */
function readdir(
  guest: Guest,
  fd: number,
  ptr: number,
  length: number,
  cookie: bigint,
  out: number,
): undefined {
  const {view} = reach(guest, out, 4)
  const memory = reach(guest, ptr, length)
  const directory = guest.files.directory(fd)
  if (cookie === 0n || directory.listing === undefined)
    guest.files.keepListing(directory, list(guest, directory))
  view.setUint32(out, writeEntries(memory, {ptr, length}, directory, cookie), true)
}

/** Fills the buffer; the last entry may be cut off, by which the guest knows that there is more. */
function writeEntries(
  {u8}: GuestMemory,
  {ptr, length}: {ptr: number; length: number},
  directory: OpenDirectory,
  cookie: bigint,
): number {
  const listing = directory.listing!
  let used = 0
  for (let i = Number(cookie); i < listing.length && used < length; i++) {
    const bytes = direntOf(directory, listing[i]!, i + 1).subarray(0, length - used)
    u8.set(bytes, ptr + used)
    used += bytes.length
  }
  return used
}

export const readdirFunctions: Readonly<Record<string, Preview1Function>> = {
  fd_readdir: plain('iiiIi', readdir),
}
