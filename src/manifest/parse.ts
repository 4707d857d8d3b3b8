// manifest/parse.ts: the text of a manifest -> App, or every mistake in it.
import {MayflyError, MayflyErrors} from '../base/errors.ts'
import type {App} from './app.ts'
import {assemble} from './assemble.ts'
import {didYouMean, emptyRecord, type Reader} from './check.ts'
import type {Draft} from './draft.ts'
import {resolveAllowedHost} from './hosts.ts'
import {manifestVersion} from './manifest-version.ts'
import {Mistakes} from './mistakes.ts'
import {PlaceIndex} from './places.ts'
import {checkReferences, checkTriggerIds} from './references.ts'
import {variablesOf} from './template.ts'
import {readToml} from './toml.ts'
import {readVersion1} from './version-1.ts'
import {readVersion2} from './version-2.ts'
import {quote} from './wording.ts'

/** Characters; hundreds of components fit. */
export const LONGEST_MANIFEST = 1 << 19

export type ParseOptions = Readonly<{
  /** The manifest as the user named it; it goes into every error. */
  file: string
  /** A profile that at least one component has. */
  profile?: string | undefined
}>

/**
 * Reads a spin.toml of version 1 or 2.
 * @throws MayflyErrors with every mistake, in the order of the text, each with its line and column
 */
export function parseManifest(text: string, {file, profile}: ParseOptions): App {
  if (text.length > LONGEST_MANIFEST)
    throw new MayflyErrors([
      new MayflyError('MANIFEST_TOO_LARGE', {limit: LONGEST_MANIFEST}, {at: {file, line: 1, column: 1}}),
    ])
  const mistakes = new Mistakes(file)
  const {root, whole} = readToml(text, mistakes)
  const places = new PlaceIndex()
  const reader: Reader = {mistakes, places, references: [], whole}
  const draft = manifestVersion(root, reader) === 1 ? readVersion1(root, reader) : readVersion2(root, reader)
  checkReferences(root, reader)
  checkTriggerIds(root, reader)
  mistakes.throwIfAny()
  if (draft === undefined)
    throw new MayflyError('INTERNAL', {reason: 'a manifest was left unread without a mistake'})
  const app = assemble(draft, {file, profile, places})
  if (profile !== undefined) checkProfile(draft, profile, mistakes)
  checkHostsByDefault(app, places, mistakes)
  checkWarmUp(app, places, mistakes)
  mistakes.throwIfAny()
  return app
}

function checkProfile({components, triggers}: Draft, profile: string, mistakes: Mistakes): void {
  const inline = Object.values(triggers)
    .flat()
    .map(({draft}) => draft.component)
  const drafts = [
    ...Object.values(components),
    ...inline.flatMap(spec => (spec !== undefined && 'inline' in spec ? [spec.inline] : [])),
  ]
  const names = new Set(drafts.flatMap(draft => Object.keys(draft.profile)))
  if (names.has(profile)) return
  mistakes.add('MANIFEST_UNKNOWN_PROFILE', {line: 1, column: 1}, [], () => ({
    name: quote(profile),
    remedy:
      didYouMean(profile, names) ??
      (names.size === 0
        ? 'leave --profile out'
        : `there are ${[...names].slice(0, 10).map(quote).join(', ')}`),
  }))
}

/** The policy may be the application's. */
function checkWarmUp({components}: App, places: PlaceIndex, mistakes: Mistakes): void {
  for (const [id, {mayfly}] of Object.entries(components)) {
    if (mayfly.warmUp === undefined || mayfly.snapshot !== 'never') continue
    const path = ['component', id, 'tool', 'mayfly']
    mistakes.add(
      'MANIFEST_CONFLICT',
      places.find([...path, 'warm_up'])?.at ?? {line: 1, column: 1},
      path,
      () => ({
        reason: 'with snapshot = "never" no event would find anything warm',
        remedy: 'remove one of the two',
      }),
    )
  }
}

/** A host made of variables that all have defaults must be well-formed with these. */
function checkHostsByDefault({components, variables}: App, places: PlaceIndex, mistakes: Mistakes): void {
  const defaults = emptyRecord<string>()
  for (const [name, variable] of Object.entries(variables))
    if (!variable.required) defaults[name] = variable.default
  for (const [id, {allowedOutboundHosts}] of Object.entries(components)) {
    for (const [index, host] of allowedOutboundHosts.entries()) {
      if (!('template' in host) || !variablesOf(host.template).every(name => Object.hasOwn(defaults, name)))
        continue
      const outcome = resolveAllowedHost(host, defaults)
      if (outcome === undefined || 'pattern' in outcome) continue
      const path = ['component', id, 'allowed_outbound_hosts', index]
      mistakes.add(
        'MANIFEST_BAD_VALUE',
        places.find(path)?.at ?? {line: 1, column: 1},
        path.slice(0, 2),
        () => ({
          field: `component.${id}.allowed_outbound_hosts[${index}]`,
          expected: 'a host when all variables have their defaults',
          found: `the string ${quote(host.raw)}`,
          remedy: outcome.problem,
        }),
      )
    }
  }
}
