// wasi/filesystem/fixture.ts: for tests: a directory of the machine, and a guest that sees it.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type {TestContext} from 'node:test'
import {type Caller, caller} from '../fixture.ts'
import {ioInterfaces} from '../io/io.ts'
import {filesystemInterfaces} from './filesystem.ts'
import {openMounts, type Preopen} from './mounts.ts'

const NO_FLAGS = {
  read: false,
  write: false,
  fileIntegritySync: false,
  dataIntegritySync: false,
  requestedWriteSync: false,
  mutateDirectory: false,
}
const NO_OPEN = {create: false, directory: false, exclusive: false, truncate: false}

export type Guest = Caller &
  Readonly<{
    /** The first preopen. */
    root: any
    method(self: any, name: string, ...args: unknown[]): any
    stream(stream: any, name: string, ...args: unknown[]): any
    /** open-at with only what matters: 'read write create follow …'. */
    open(self: any, name: string, flags?: string): any
  }>

/** Files by path; a value that begins with '->' is a link. Removed with the test. */
export function tree(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'mayfly-fs-'))
  t.after(() => fs.rmSync(root, {recursive: true, force: true}))
  for (const [name, content] of Object.entries(files)) {
    const at = path.join(root, name)
    if (name.endsWith('/')) fs.mkdirSync(at, {recursive: true})
    else {
      fs.mkdirSync(path.dirname(at), {recursive: true})
      if (content.startsWith('->')) fs.symlinkSync(content.slice(2), at)
      else fs.writeFileSync(at, content)
    }
  }
  return root
}

export function guestOf(t: TestContext, preopens: readonly Preopen[]): Guest {
  const mounts = openMounts(preopens)
  const guest = caller([...filesystemInterfaces({mounts}), ...ioInterfaces()])
  t.after(() => {
    guest.store.clear()
    mounts.close()
  })
  const method: Guest['method'] = (self, name, ...args) =>
    guest.call('filesystem/types', `[method]descriptor.${name}`, self, ...args)
  const open: Guest['open'] = (self, name, flags = 'read') => {
    const words = flags.split(' ')
    const pick = <T extends object>(none: T): T =>
      Object.fromEntries(Object.keys(none).map(key => [key, words.includes(key)])) as T
    return method(
      self,
      'open-at',
      {symlinkFollow: words.includes('follow')},
      name,
      pick(NO_OPEN),
      pick(NO_FLAGS),
    )
  }
  return {
    ...guest,
    root: guest.call('filesystem/preopens', 'get-directories')[0]?.[0],
    method,
    open,
    stream: (stream, name, ...args) => guest.call('io/streams', `[method]${name}`, stream, ...args),
  }
}

export const guestWith = (t: TestContext, files: Readonly<Record<string, string>>, writable = false): Guest =>
  guestOf(t, [{guestPath: '/', hostPath: tree(t, files), writable}])
