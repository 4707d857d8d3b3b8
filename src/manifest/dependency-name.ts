// manifest/dependency-name.ts: the names of imports that dependencies satisfy.

import {textWhere} from './check.ts'
import {compact} from './compact.ts'
import {isKebab} from './names.ts'

export type ImportName = Readonly<{package?: string; interface?: string; version?: string}>

/** `a:b/c@1.0.0` in parts, or none of them for a plain name. */
export function parseImportName(name: string): ImportName {
  const parts = /^([^/@:]+:[^/@:]+)(?:\/([^@]+))?(?:@(.+))?$/.exec(name)
  return compact({package: parts?.[1], interface: parts?.[2], version: parts?.[3]})
}

const EXACT = /^(\d+)\.(\d+)\.(\d+)(-[\w.-]+)?(?:\+[\w.-]+)?$/

export const importName = textWhere(
  '"name", "ns:package" or "ns:package/interface", the latter two perhaps with "@1.0.0"',
  name => {
    if (!/[:/]/.test(name)) return isKebab(name)
    const parts = parseImportName(name)
    const words = [
      ...(parts.package?.split(':') ?? ['']),
      ...(parts.interface === undefined ? [] : [parts.interface]),
    ]
    if (!words.every(word => isKebab(word) === undefined)) return true
    return parts.version === undefined || EXACT.test(parts.version)
      ? undefined
      : 'write a whole version, such as "@1.0.0"'
  },
)

/** Versions that satisfy the same importers, by semver, share a track. */
function trackOf(version: string): string {
  const [, major, minor, patch, pre] = EXACT.exec(version) ?? []
  if (pre !== undefined) return version
  if (major !== '0') return `${major}`
  return minor === '0' ? `0.0.${patch}` : `0.${minor}`
}

/** Whether two names may mean the same import, so that it is unclear which dependency satisfies it. */
export function overlap(one: ImportName, other: ImportName): boolean {
  if (one.package === undefined || one.package !== other.package) return false
  if (
    one.version !== undefined &&
    other.version !== undefined &&
    trackOf(one.version) !== trackOf(other.version)
  )
    return false
  return one.interface === undefined || other.interface === undefined || one.interface === other.interface
}
