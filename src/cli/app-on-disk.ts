// cli/app-on-disk.ts: any source that `up` and `build` take, as an app with a root directory.
import {basename, dirname} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import type {App, Component} from '../manifest/app.ts'
import {loadManifest} from '../manifest/load.ts'
import {nearest} from '../manifest/nearest.ts'
import {parseManifest} from '../manifest/parse.ts'
import type {AppSource} from './app-source.ts'
import {suggestName} from './templates.ts'

export type AppOnDisk = Readonly<{
  app: App
  /** Absolute; paths in the manifest are relative to it. */
  root: string
  /** Those that were asked for, in the manifest's order. */
  components: readonly Component[]
}>

/**
 * Reads the manifest, or makes up the one that serves a lone file at every path.
 * @throws MANIFEST_ errors; CLI_BAD_VALUE for a component that is not there
 */
export async function readApp(
  source: AppSource,
  options: Readonly<{components: readonly string[]; profile: string | undefined}>,
): Promise<AppOnDisk> {
  const app =
    source.kind === 'manifest'
      ? await loadManifest(source.path, {profile: options.profile})
      : parseManifest(loneManifest(source), {file: source.path, profile: options.profile})
  return {app, root: dirname(source.path), components: pick(app, options.components)}
}

function loneManifest({kind, path}: AppSource): string {
  const file = basename(path)
  const name = suggestName(file.replace(/\.\w+$/, ''))
  // Text is a source too; only a binary is served as it is.
  const isBuilt = kind === 'script' || /\.wat$/i.test(file)
  const source = isBuilt ? `${name}.wasm` : file
  const lines = [
    'spin_manifest_version = 2',
    `application = {name = ${JSON.stringify(name)}}`,
    `[[trigger.http]]`,
    `route = "/..."`,
    `component = "${name}"`,
    `[component.${name}]`,
    `source = ${JSON.stringify(source)}`,
  ]
  if (isBuilt) lines.push(`[component.${name}.tool.mayfly]`, `entry = ${JSON.stringify(file)}`)
  return `${lines.join('\n')}\n`
}

function pick(app: App, ids: readonly string[]): readonly Component[] {
  const all = Object.values(app.components)
  for (const id of ids) {
    if (Object.hasOwn(app.components, id)) continue
    const known = nearest(id, Object.keys(app.components))
    const remedy =
      known === undefined ? `components: ${Object.keys(app.components).join(', ')}` : `did you mean ${known}?`
    throw new MayflyError('CLI_BAD_VALUE', {
      option: '--component-id',
      value: id,
      reason: 'the manifest has no such component',
      remedy,
    })
  }
  return ids.length === 0 ? all : all.filter(({id}) => ids.includes(id))
}
