// wasi/filesystem/filesystem.ts: the package wasi:filesystem.
import {type HostItem, hostFunction, hostResource} from '../../engine/link/imports.ts'
import type {Store} from '../../engine/store.ts'
import {causeIn} from '../errors.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import type {IoError} from '../io/streams.ts'
import {type Descriptor, describe, drop, flagsOf, statsOf} from './descriptor.ts'
import {mounted} from './directory.ts'
import type {DirectoryEntries} from './directory-entries.ts'
import {directoryFunctions} from './directory-functions.ts'
import {attempt} from './error-code.ts'
import {fileFunctions} from './file-functions.ts'
import type {Mounts} from './mounts.ts'
import {isSame, metadataHashOf, statOf} from './stat.ts'

export type FilesystemConfig = Readonly<{
  /** From `openMounts`; without it the guest has no files. */
  mounts?: Mounts
}>

/** Functions of any descriptor. */
export const descriptorFunctions: Readonly<Record<string, HostItem>> = {
  '[method]descriptor.get-flags': hostFunction((_, self: Descriptor) => attempt(() => flagsOf(self))),
  '[method]descriptor.get-type': hostFunction((_, self: Descriptor) =>
    attempt(() => (self.kind === 'file' ? 'regular-file' : 'directory')),
  ),
  '[method]descriptor.stat': hostFunction((_, self: Descriptor) => attempt(() => statOf(statsOf(self)))),
  '[method]descriptor.is-same-object': hostFunction((_, self: Descriptor, other: Descriptor) => {
    const same = attempt(() => isSame(statsOf(self), statsOf(other)))
    return same.tag === 'ok' && same.val
  }),
  '[method]descriptor.metadata-hash': hostFunction((_, self: Descriptor) =>
    attempt(() => metadataHashOf(statsOf(self))),
  ),
}

const typesInterface: NamedInterface = wasiInterface('filesystem/types', {
  descriptor: hostResource<Descriptor>(drop),
  ...descriptorFunctions,
  ...fileFunctions,
  ...directoryFunctions,
  'directory-entry-stream': hostResource<DirectoryEntries>((_, entries) => entries.drop()),
  '[method]directory-entry-stream.read-directory-entry': hostFunction((_, self: DirectoryEntries) =>
    attempt(() => self.next()),
  ),
  'filesystem-error-code': hostFunction((_, error: IoError) => causeIn('filesystem', error)),
})

/** wasi:filesystem/preopens get-directories */
export const directoriesOf =
  ({mounts}: FilesystemConfig) =>
  (store: Store): readonly (readonly [Descriptor, string])[] => {
    const listed = attempt(() =>
      (mounts?.preopens ?? []).map(([path, virtual]) => [describe(store, mounted(virtual)), path] as const),
    )
    // A guest that asks for its preopens a thousand times without dropping them gets none any more.
    return listed.tag === 'ok' ? listed.val : []
  }

export const filesystemInterfaces = (config: FilesystemConfig = {}): readonly NamedInterface[] => [
  typesInterface,
  wasiInterface('filesystem/preopens', {'get-directories': hostFunction(directoriesOf(config))}),
]
