// wasi/filesystem/descriptor.ts: the object behind a guest's descriptor.
import fs from 'node:fs'
import type {Store} from '../../engine/store.ts'
import {type Directory, hostOf, leave} from './directory.ts'
import {Fault} from './error-code.ts'
import {type Held, hold, release} from './held.ts'
import type {OpenFile} from './open-file.ts'
import type {Stats} from './stat.ts'

export type FileDescriptor = Readonly<{
  kind: 'file'
  file: OpenFile
  read: boolean
  write: boolean
  /** Whether its mount is writable: its times may be set even where it was opened to be read. */
  mutable: boolean
}>
export type DirectoryDescriptor = Readonly<{
  kind: 'directory'
  directory: Directory
  held: Held
  /** Whether it was opened to change names: told by `flagsOf`, and no more than its mount lets it. */
  mutates: boolean
}>
export type Descriptor = FileDescriptor | DirectoryDescriptor

/** wasi:filesystem/types descriptor-flags. */
export type DescriptorFlags = Readonly<{
  read: boolean
  write: boolean
  fileIntegritySync: boolean
  dataIntegritySync: boolean
  requestedWriteSync: boolean
  mutateDirectory: boolean
}>

/** A descriptor for `directory`, which it closes when it is dropped. */
export function describe(store: Store, directory: Directory, mutates = true): DirectoryDescriptor {
  const held = hold(store, {close: () => leave(directory)})
  return {kind: 'directory', directory, held, mutates: mutates && directory.writable}
}

export function drop(store: Store, descriptor: Descriptor): void {
  if (descriptor.kind === 'file') descriptor.file.leave()
  else release(store, descriptor.held)
}

export function directoryOf(descriptor: Descriptor): Directory {
  if (descriptor.kind !== 'directory') throw new Fault('not-directory')
  return descriptor.directory
}

export function fileOf(descriptor: Descriptor): FileDescriptor {
  if (descriptor.kind !== 'file') throw new Fault('bad-descriptor')
  return descriptor
}

export function readable(descriptor: Descriptor): OpenFile {
  const {file, read} = fileOf(descriptor)
  if (!read) throw new Fault('not-permitted')
  return file
}

export function writable(descriptor: Descriptor): OpenFile {
  const {file, write} = fileOf(descriptor)
  if (!write) throw new Fault('not-permitted')
  return file
}

export function flagsOf(descriptor: Descriptor): DescriptorFlags {
  const file = descriptor.kind === 'file'
  return {
    read: file ? descriptor.read : true,
    write: file && descriptor.write,
    fileIntegritySync: false,
    dataIntegritySync: false,
    requestedWriteSync: false,
    mutateDirectory: !file && descriptor.mutates,
  }
}

export function statsOf(descriptor: Descriptor): Stats {
  return descriptor.kind === 'file'
    ? fs.fstatSync(descriptor.file.fd, {bigint: true})
    : directoryStats(descriptor.directory)
}

export function directoryStats(directory: Directory): Stats {
  if (directory.host === undefined && directory.virtual !== undefined) return directory.virtual
  const {fd, path} = hostOf(directory)
  return fd >= 0 ? fs.fstatSync(fd, {bigint: true}) : fs.lstatSync(path, {bigint: true})
}
