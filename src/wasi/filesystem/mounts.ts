// wasi/filesystem/mounts.ts: what of the machine's files a guest sees, and where.
import fs from 'node:fs'
import {MayflyError} from '../../base/errors.ts'
import {closeDirectory, type HostDirectory, openRoot} from './host-directory.ts'

/** A file or a directory of the machine, as a guest sees it. */
export type Preopen = Readonly<{
  /** '/data', '/assets/logo.png', '/' or '.'. */
  guestPath: string
  hostPath: string
  /** Whether the guest may change it; by default it may not. */
  writable?: boolean
}>

export type VirtualFile = Readonly<{kind: 'file'; hostPath: string; writable: boolean}>

/** A directory that exists because something is mounted at or below it. */
export type VirtualDirectory = Readonly<{
  kind: 'directory'
  path: string
  /** What is mounted below, by name; it hides what the directory's own mount holds there. */
  children: ReadonlyMap<string, VirtualNode>
  mount: Readonly<{directory: HostDirectory; writable: boolean}> | undefined
}>

export type VirtualNode = VirtualFile | VirtualDirectory

export type Mounts = Readonly<{
  /** What wasi:filesystem/preopens lists. */
  preopens: readonly (readonly [guestPath: string, directory: VirtualDirectory])[]
  /** Lets go of the machine's directories, once no event uses them. */
  close(): void
}>

type Building = {
  path: string
  children: Map<string, Building | VirtualFile>
  mount: {directory: HostDirectory; writable: boolean; guestPath: string} | undefined
}

const building = (path: string): Building => ({path, children: new Map(), mount: undefined})
const isFile = (node: Building | VirtualFile): node is VirtualFile => 'kind' in node

const refused = (preopen: Preopen, reason: string, cause?: unknown): MayflyError =>
  new MayflyError('FILES_MOUNT', {guestPath: preopen.guestPath, hostPath: preopen.hostPath, reason}, {cause})

function namesOf(preopen: Preopen): string[] {
  const names = preopen.guestPath.split('/').filter(name => name !== '' && name !== '.')
  if (names.includes('..') || preopen.guestPath.includes('\0'))
    throw refused(preopen, 'the path in the guest must not hold ".." or a NUL')
  return names
}

function directoryFor(root: Building, names: readonly string[], preopen: Preopen): Building {
  let at = root
  for (const name of names) {
    const next = at.children.get(name) ?? building(`${at.path}/${name}`)
    if (isFile(next)) throw refused(preopen, `${at.path}/${name} is a file already`)
    at.children.set(name, next)
    at = next
  }
  return at
}

function insert(root: Building, preopen: Preopen): void {
  const names = namesOf(preopen)
  const writable = preopen.writable ?? false
  let hostPath: string
  let stats: fs.Stats
  try {
    // Links are followed here, once, because the operator named this path; no link is followed out of it later.
    hostPath = fs.realpathSync(preopen.hostPath)
    stats = fs.statSync(hostPath)
  } catch (cause) {
    throw refused(preopen, cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (stats.isDirectory()) {
    const at = directoryFor(root, names, preopen)
    if (at.mount !== undefined) throw refused(preopen, 'something is mounted there already')
    at.mount = {directory: openRoot(hostPath), writable, guestPath: preopen.guestPath}
    return
  }
  const name = names.pop()
  if (!stats.isFile()) throw refused(preopen, 'it is neither a file nor a directory')
  if (name === undefined) throw refused(preopen, 'a file needs a name in the guest')
  const parent = directoryFor(root, names, preopen)
  if (parent.children.has(name)) throw refused(preopen, 'something is mounted there already')
  parent.children.set(name, {kind: 'file', hostPath, writable})
}

function freeze(node: Building): VirtualDirectory {
  const children = new Map<string, VirtualNode>()
  for (const [name, child] of node.children) children.set(name, isFile(child) ? child : freeze(child))
  return {kind: 'directory', path: node.path, children, mount: node.mount}
}

/** The topmost mounted directories; undefined where a file is mounted outside of all of them. */
function topmost(node: Building): Building[] | undefined {
  if (node.mount !== undefined) return [node]
  const found: Building[] = []
  for (const child of node.children.values()) {
    const below = isFile(child) ? undefined : topmost(child)
    if (below === undefined) return undefined
    found.push(...below)
  }
  return found
}

/**
 * Holds what is to be mounted. Each topmost mounted directory becomes a preopen of its own; where single files are
 * mounted beside them, all is shown in one read-only tree at '/', whose directories exist as far as mounts need them.
 * @throws FILES_MOUNT
 */
export function openMounts(preopens: readonly Preopen[]): Mounts {
  const root = building('')
  const close = (): void => closeAll(root)
  try {
    for (const preopen of preopens) insert(root, preopen)
  } catch (error) {
    close()
    throw error
  }
  const tops = topmost(root)
  const shown: Mounts['preopens'] =
    tops === undefined ? [['/', freeze(root)]] : tops.map(top => [top.mount!.guestPath, freeze(top)] as const)
  return {preopens: shown, close}
}

function closeAll(node: Building): void {
  if (node.mount !== undefined) closeDirectory({...node.mount.directory, shared: false})
  node.mount = undefined
  for (const child of node.children.values()) if (!isFile(child)) closeAll(child)
}
