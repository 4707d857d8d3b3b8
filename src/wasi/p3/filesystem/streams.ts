// wasi/p3/filesystem/streams.ts: files and directories read and written as streams.
import {err} from '../../../base/result.ts'
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import {type HostItem, hostFunction} from '../../../engine/link/imports.ts'
import type {Store} from '../../../engine/store.ts'
import {type Descriptor, directoryOf, readable, writable} from '../../filesystem/descriptor.ts'
import {DirectoryEntries} from '../../filesystem/directory-entries.ts'
import {attempt, errorCodeOf} from '../../filesystem/error-code.ts'
import {appendable, offsetOf} from '../../filesystem/file-functions.ts'
import type {OpenFile} from '../../filesystem/open-file.ts'
import {drain} from '../drain.ts'
import {pulled, refused, type Source} from '../sources.ts'
import {type CodeVariant, codeVariant, ENDED, ENTRY, SELF, typeVariant} from './types.ts'

const codeOf = (thrown: unknown): CodeVariant => codeVariant(errorCodeOf(thrown))

/** Entries of one chunk, at most. */
const MAX_ENTRIES = 64

function readFile(_: Store, self: Descriptor, offset: bigint): Source<CodeVariant> {
  const opened = attempt(() => ({at: offsetOf(offset), file: readable(self).share()}))
  if (opened.tag === 'err') return refused(codeVariant(opened.val))
  const {file} = opened.val
  let {at} = opened.val
  const pull = (room: number): Uint8Array | undefined => {
    const bytes = file.read(room, at)
    at += BigInt(bytes.length)
    return bytes.length === 0 ? undefined : bytes
  }
  return pulled(pull, () => file.leave(), codeOf)
}

function readDirectory(store: Store, self: Descriptor): Source<CodeVariant> {
  const opened = attempt(() => new DirectoryEntries(store, directoryOf(self)))
  if (opened.tag === 'err') return refused(codeVariant(opened.val))
  const entries = opened.val
  const pull = (room: number) => {
    const chunk = []
    while (chunk.length < Math.min(room, MAX_ENTRIES)) {
      const entry = entries.next()
      if (entry === undefined) break
      chunk.push({type: typeVariant(entry.type), name: entry.name})
    }
    return chunk.length === 0 ? undefined : chunk
  }
  return pulled(pull, () => entries.drop(), codeOf)
}

/** `offset` null: the file itself sees to the place. */
type Target = Readonly<{file: OpenFile; offset: bigint | null}>

async function write(data: GuestStream, open: () => Target) {
  const opened = attempt(open)
  if (opened.tag === 'err') {
    data.cancel()
    return err(codeVariant(opened.val))
  }
  const {file} = opened.val
  let at = opened.val.offset
  try {
    return await drain(
      data,
      bytes => {
        file.write(bytes, at)
        if (at !== null) at += BigInt(bytes.length)
      },
      codeOf,
    )
  } finally {
    file.leave()
  }
}

export const streamFunctions: Readonly<Record<string, HostItem>> = {
  '[method]descriptor.read-via-stream': hostFunction(
    readFile,
    `func(${SELF}, u64) -> tuple<stream<u8>, ${ENDED}>`,
  ),
  '[method]descriptor.write-via-stream': hostFunction(
    (_, self: Descriptor, data: GuestStream, offset: bigint) =>
      write(data, () => ({offset: offsetOf(offset), file: writable(self).share()})),
    `func(${SELF}, stream<u8>, u64) -> ${ENDED}`,
  ),
  '[method]descriptor.append-via-stream': hostFunction(
    (store, self: Descriptor, data: GuestStream) => write(data, () => appendable(store, self)),
    `func(${SELF}, stream<u8>) -> ${ENDED}`,
  ),
  '[method]descriptor.read-directory': hostFunction(
    readDirectory,
    `func(${SELF}) -> tuple<stream<${ENTRY}>, ${ENDED}>`,
  ),
}
