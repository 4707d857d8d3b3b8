// engine/link/version.ts: which offered interface satisfies an import (Explainer.md, Canonical Interface Name).

/**
 * WASI's release candidates, and the release that is given for them. Some have other types than the release: resolve.ts
 * compares those of each function that is imported, so that what did not change runs, and what did is refused.
 */
const CANDIDATES: readonly (readonly [candidate: RegExp, release: string])[] = [
  [/^0\.3\.0-rc-\d{4}-\d{2}-\d{2}$/, '0.3.0'],
]

/** The part of a version that must be equal: the major, or 0.minor, or all of a 0.0.x or a pre-release. */
function compatible(version: string): string {
  const [release = '', ...rest] = version.split(/[-+]/)
  if (rest.length > 0 && version.includes('-')) return version
  const [major, minor, patch] = release.split('.')
  if (major !== '0') return `${major}`
  return minor !== '0' ? `0.${minor}` : `0.0.${patch}`
}

/** `wasi:io/poll@0.2.3` → `wasi:io/poll@0.2`; names without a version stay as they are. */
export function versionKey(name: string): string {
  const at = name.lastIndexOf('@')
  if (at < 0) return name
  const version = name.slice(at + 1)
  const release = name.startsWith('wasi:')
    ? CANDIDATES.find(([candidate]) => candidate.test(version))?.[1]
    : undefined
  return `${name.slice(0, at)}@${compatible(release ?? version)}`
}

/** An index that finds interfaces by compatible version; of several the last one wins, an equal name always. */
export class InterfaceIndex<T> {
  readonly #exact: ReadonlyMap<string, T>
  readonly #compatible = new Map<string, T>()

  constructor(interfaces: ReadonlyMap<string, T>) {
    this.#exact = interfaces
    for (const [name, value] of interfaces) this.#compatible.set(versionKey(name), value)
  }

  find(name: string): T | undefined {
    return this.#exact.get(name) ?? this.#compatible.get(versionKey(name))
  }
}
