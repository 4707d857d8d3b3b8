// engine/component/validation/extern-names.ts: the grammar of names (Explainer.md, Import and Export Definitions).
import type {ExternName} from '../component.ts'
import {type Context, invalid} from './context.ts'
import {isCanonicalVersion, semverProblem} from './semver.ts'

// The alternatives of a fragment exclude one another, or backtracking would take exponential time.
const labelPattern =
  /^(?:[a-z][0-9a-z]*|[A-Z][0-9A-Z]*)(?:-(?:[0-9]*[a-z][0-9a-z]*|[0-9]*[A-Z][0-9A-Z]*|[0-9]+))*$/
const wordsPattern = /^[a-z][0-9a-z]*(?:-[0-9a-z]+)*$/

export const isLabel = (text: string): boolean => labelPattern.test(text)

/** `resource` is the first label of an annotated name. */
export type ParsedName =
  | Readonly<{kind: 'label'}>
  | Readonly<{kind: 'constructor' | 'method' | 'static'; resource: string}>
  | Readonly<{kind: 'interface'; version: string | undefined}>

/** Parses an `externname`; a text is the reason why it is not one. */
export function parseExternName(name: string): ParsedName | string {
  if (name.startsWith('[constructor]')) {
    const resource = name.slice('[constructor]'.length)
    return isLabel(resource) ? {kind: 'constructor', resource} : notKebab(resource)
  }
  for (const kind of ['method', 'static'] as const) {
    const annotation = `[${kind}]`
    if (!name.startsWith(annotation)) continue
    const rest = name.slice(annotation.length)
    const dot = rest.indexOf('.')
    if (dot < 0) return 'failed to find `.` character'
    const resource = rest.slice(0, dot)
    if (!isLabel(resource)) return notKebab(resource)
    const label = rest.slice(dot + 1)
    return isLabel(label) ? {kind, resource} : notKebab(label)
  }
  if (name.includes(':')) return parseInterfaceName(name)
  return isLabel(name) ? {kind: 'label'} : notKebab(name)
}

const notKebab = (text: string): string => `\`${text}\` is not in kebab case`

function parseInterfaceName(name: string): ParsedName | string {
  const colon = name.indexOf(':')
  const namespace = name.slice(0, colon)
  const at = name.indexOf('@', colon)
  const path = name.slice(colon + 1, at < 0 ? undefined : at)
  if (!wordsPattern.test(namespace)) return notKebab(namespace)
  const slash = path.indexOf('/')
  const packageName = slash < 0 ? path : path.slice(0, slash)
  // Nested namespaces and projections are a gated feature.
  const nested = packageName.indexOf(':')
  if (nested >= 0 && wordsPattern.test(packageName.slice(0, nested))) return 'expected `/` after package name'
  if (!wordsPattern.test(packageName)) return notKebab(packageName)
  if (slash < 0) return 'expected `/` after package name'
  const projection = path.slice(slash + 1)
  const more = projection.indexOf('/')
  if (more >= 0) return `trailing characters found: \`${projection.slice(more)}\``
  if (!isLabel(projection)) return notKebab(projection)
  if (at < 0) return {kind: 'interface', version: undefined}
  const version = name.slice(at + 1)
  const problem = isCanonicalVersion(version) ? undefined : semverProblem(version)
  return problem ?? {kind: 'interface', version}
}

/** Parses a name with its attributes. */
export function checkExternName(cx: Context, what: 'import' | 'export', name: ExternName): ParsedName {
  const parsed = parseExternName(name.name)
  if (typeof parsed === 'string') {
    return invalid(cx, `${what} name \`${name.name}\` is not a valid extern name: ${parsed}`)
  }
  if (name.implements !== undefined) {
    const value = parseExternName(name.implements)
    if (typeof value === 'string')
      invalid(cx, `\`implements\` value \`${name.implements}\` is not a valid name: ${value}`)
    if (value.kind !== 'interface')
      invalid(cx, `\`implements\` value \`${name.implements}\` must be an interface`)
    if (parsed.kind !== 'label') invalid(cx, `name \`${name.name}\` is not valid with \`implements\``)
  }
  if (name.versionSuffix !== undefined) {
    const version = parsed.kind === 'interface' ? parsed.version : undefined
    if (version === undefined || !isCanonicalVersion(version)) {
      invalid(cx, `name \`${name.name}\` has a version suffix but no canonical version before it`)
    }
    const problem = semverProblem(version + name.versionSuffix)
    if (problem !== undefined) invalid(cx, `version suffix of \`${name.name}\` is not valid: ${problem}`)
  }
  return parsed
}

/** Names with the same key are not strongly unique (Explainer.md, Name Uniqueness). */
export function uniqueKey(name: string): string {
  const lower = name.toLowerCase()
  const annotated = /^\[(?:method|static)\](.*)$/.exec(lower)
  if (annotated === null) return lower
  const [resource, label] = annotated[1]!.split('.')
  return resource === label ? resource! : annotated[1]!
}

/** Records a label, import, export or argument name, which must be strongly unique among the `taken` ones. */
export function takeName(
  cx: Context,
  taken: Map<string, string>,
  name: string,
  what: string,
  other = 'name',
): void {
  const key = uniqueKey(name)
  const before = taken.get(key)
  if (before !== undefined) invalid(cx, `${what} \`${name}\` conflicts with previous ${other} \`${before}\``)
  taken.set(key, name)
}
