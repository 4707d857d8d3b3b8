// wasi/p3/filesystem/types.ts: values of wasi:filesystem/types as 0.3 has them, made of those of 0.2, and their types.
import {err, type Result} from '../../../base/result.ts'
import type {ErrorCode} from '../../filesystem/error-code.ts'
import type {DescriptorStat, DescriptorType} from '../../filesystem/stat.ts'

/** wasi:filesystem/types descriptor-type: 0.2's unknown is one that has no name. */
export type TypeVariant = Readonly<{tag: Exclude<DescriptorType, 'unknown'>} | {tag: 'other'; val: undefined}>

export const typeVariant = (type: DescriptorType): TypeVariant =>
  type === 'unknown' ? {tag: 'other', val: undefined} : {tag: type}

/** wasi:filesystem/types error-code: 0.3 has no would-block, for nothing there would. */
export type CodeVariant = Readonly<{tag: Exclude<ErrorCode, 'would-block'>} | {tag: 'other'; val: string}>

export const codeVariant = (code: ErrorCode): CodeVariant =>
  code === 'would-block' ? {tag: 'other', val: code} : {tag: code}

export const statVariant = (stat: DescriptorStat) => ({...stat, type: typeVariant(stat.type)})

/** A result of 0.2 as one of 0.3. */
export const resultVariant = <T>(result: Result<T, ErrorCode>): Result<T, CodeVariant> =>
  result.tag === 'ok' ? result : err(codeVariant(result.val))

// As engine/link/signature.ts writes them.

export const SELF = 'borrow<wasi:filesystem/types@0.3#descriptor>'
export const DESCRIPTOR = 'own<wasi:filesystem/types@0.3#descriptor>'
export const INSTANT = 'record{seconds: s64, nanoseconds: u32}'
export const TIMESTAMP = `variant{no-change, now, timestamp(${INSTANT})}`
export const TYPE =
  'variant{block-device, character-device, directory, fifo, symbolic-link, regular-file, socket, other(option<string>)}'
export const STAT = `record{type: ${TYPE}, link-count: u64, size: u64, data-access-timestamp: option<${INSTANT}>, data-modification-timestamp: option<${INSTANT}>, status-change-timestamp: option<${INSTANT}>}`
export const FLAGS =
  'flags{read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory}'
export const PATH_FLAGS = 'flags{symlink-follow}'
export const OPEN_FLAGS = 'flags{create, directory, exclusive, truncate}'
export const ENTRY = `record{type: ${TYPE}, name: string}`
export const ADVICE = 'enum{normal, sequential, random, will-need, dont-need, no-reuse}'
export const HASH = 'record{lower: u64, upper: u64}'
export const CODE =
  'variant{access, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, ' +
  'in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, no-device, ' +
  'no-entry, no-lock, insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, ' +
  'no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device, ' +
  'other(option<string>)}'
export const ENDED = `future<result<_, ${CODE}>>`
