// wasi/filesystem/file-functions.ts: the functions of a descriptor that is a file.
import fs from 'node:fs'
import {err, ok, type Result} from '../../base/result.ts'
import {blockingFunction, type HostItem, hostFunction} from '../../engine/link/imports.ts'
import type {Store} from '../../engine/store.ts'
import {readLength} from '../io/input-stream.ts'
import {type Descriptor, fileOf, readable, statsOf, writable} from './descriptor.ts'
import {attempt, type ErrorCode, errorCodeOf, Fault} from './error-code.ts'
import {readStream, writeStream} from './file-streams.ts'
import {reopen} from './host-directory.ts'
import {OpenFile} from './open-file.ts'
import {setFileTimes} from './system-times.ts'
import {type NewTimestamp, timesOf} from './times.ts'

/** Offsets are signed in every system. */
const MAX_OFFSET = (1n << 63n) - 1n

export function offsetOf(offset: bigint): bigint {
  if (offset > MAX_OFFSET) throw new Fault('invalid')
  return offset
}

function read(descriptor: Descriptor, length: bigint, offset: bigint): [Uint8Array, boolean] {
  const bytes = readable(descriptor).read(readLength(length), offsetOf(offset))
  return [bytes, bytes.length === 0 && length > 0n]
}

function write(descriptor: Descriptor, bytes: Uint8Array, offset: bigint): bigint {
  writable(descriptor).write(bytes, offsetOf(offset))
  return BigInt(bytes.length)
}

function setSize(descriptor: Descriptor, size: bigint): undefined {
  if (size > BigInt(Number.MAX_SAFE_INTEGER))
    throw new Fault(size > MAX_OFFSET ? 'invalid' : 'file-too-large')
  const {file, write, mutable} = fileOf(descriptor)
  // ftruncate(2): EINVAL for what is not open for writing, though it might be.
  if (!write) throw new Fault(mutable ? 'invalid' : 'not-permitted')
  fs.ftruncateSync(file.fd, Number(size))
}

function setTimes(descriptor: Descriptor, access: NewTimestamp, modification: NewTimestamp): undefined {
  const {file, mutable} = fileOf(descriptor)
  if (!mutable) throw new Fault('not-permitted')
  const times = timesOf(() => statsOf(descriptor), access, modification)
  setFileTimes(file.fd, times)
}

/** wasi:filesystem/types sync and sync-data. What only reads has nothing to bring to the disk. */
function sync(descriptor: Descriptor, dataOnly: boolean): unknown {
  if (descriptor.kind === 'directory' || !descriptor.write) return ok(undefined)
  return descriptor.file.flush(dataOnly).then(ok, thrown => err(errorCodeOf(thrown)))
}

/** The file to append to, for whoever leaves it; `offset` null: it sees to the place itself. */
export function appendable(store: Store, self: Descriptor): {file: OpenFile; offset: bigint | null} {
  const file = writable(self)
  const fd = reopen(file.fd, fs.constants.O_WRONLY | fs.constants.O_APPEND)
  if (fd !== undefined) return {file: new OpenFile(store, fd), offset: null}
  return {file: file.share(), offset: fs.fstatSync(file.fd, {bigint: true}).size}
}

export const fileFunctions: Readonly<Record<string, HostItem>> = {
  '[method]descriptor.read-via-stream': hostFunction((_, self: Descriptor, offset: bigint) =>
    attempt(() => {
      const at = offsetOf(offset)
      return readStream(readable(self).share(), at)
    }),
  ),
  '[method]descriptor.write-via-stream': hostFunction((_, self: Descriptor, offset: bigint) =>
    attempt(() => {
      const at = offsetOf(offset)
      return writeStream(writable(self).share(), at)
    }),
  ),
  '[method]descriptor.append-via-stream': hostFunction((store, self: Descriptor) =>
    attempt(() => {
      const {file, offset} = appendable(store, self)
      return writeStream(file, offset)
    }),
  ),
  // Advice may be ignored; only that it is for a file is checked.
  '[method]descriptor.advise': hostFunction(
    (_, self: Descriptor): Result<undefined, ErrorCode> =>
      attempt(() => {
        fileOf(self)
        return undefined
      }),
  ),
  '[method]descriptor.sync-data': blockingFunction((_, self: Descriptor) => sync(self, true)),
  '[method]descriptor.sync': blockingFunction((_, self: Descriptor) => sync(self, false)),
  '[method]descriptor.set-size': hostFunction((_, self: Descriptor, size: bigint) =>
    attempt(() => setSize(self, size)),
  ),
  '[method]descriptor.set-times': hostFunction(
    (_, self: Descriptor, access: NewTimestamp, modification: NewTimestamp) =>
      attempt(() => setTimes(self, access, modification)),
  ),
  '[method]descriptor.read': hostFunction((_, self: Descriptor, length: bigint, offset: bigint) =>
    attempt(() => read(self, length, offset)),
  ),
  '[method]descriptor.write': hostFunction((_, self: Descriptor, bytes: Uint8Array, offset: bigint) =>
    attempt(() => write(self, bytes, offset)),
  ),
}
