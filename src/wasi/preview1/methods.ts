// wasi/preview1/methods.ts: the functions of wasi:filesystem's descriptors, on which those of WASI 0.1 stand.
import type {HostItem} from '../../engine/link/imports.ts'
import {directoryFunctions} from '../filesystem/directory-functions.ts'
import {fileFunctions} from '../filesystem/file-functions.ts'

type Method = (...args: any[]) => any

function methodOf(functions: Readonly<Record<string, HostItem>>, name: string): Method {
  const item = functions[`[method]descriptor.${name}`]
  if (item?.kind !== 'function') throw new Error(`a descriptor has no ${name}`)
  return item.call
}

/** All take the store and the descriptor first, and return a Result with an ErrorCode. */
export const METHODS = {
  createDirectoryAt: methodOf(directoryFunctions, 'create-directory-at'),
  linkAt: methodOf(directoryFunctions, 'link-at'),
  openAt: methodOf(directoryFunctions, 'open-at'),
  readDirectory: methodOf(directoryFunctions, 'read-directory'),
  readlinkAt: methodOf(directoryFunctions, 'readlink-at'),
  removeDirectoryAt: methodOf(directoryFunctions, 'remove-directory-at'),
  renameAt: methodOf(directoryFunctions, 'rename-at'),
  setTimesAt: methodOf(directoryFunctions, 'set-times-at'),
  symlinkAt: methodOf(directoryFunctions, 'symlink-at'),
  unlinkFileAt: methodOf(directoryFunctions, 'unlink-file-at'),
  setSize: methodOf(fileFunctions, 'set-size'),
  setTimes: methodOf(fileFunctions, 'set-times'),
  sync: methodOf(fileFunctions, 'sync'),
  syncData: methodOf(fileFunctions, 'sync-data'),
} as const
