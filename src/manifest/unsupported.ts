// manifest/unsupported.ts: what is read and understood, but cannot run yet. Who makes one of these work removes its row.
import {MayflyError} from '../base/errors.ts'
import type {App, Component} from './app.ts'
import {placeOf} from './places.ts'
import {formatPath, type Path} from './wording.ts'

type Row = Readonly<{remedy: string; uses(app: App): Path[]}>

/** The fields of all components that `used` finds something in. */
const inComponents =
  (field: string, used: (component: Component) => boolean) =>
  (app: App): Path[] =>
    Object.values(app.components).flatMap(component =>
      used(component) ? [['component', component.id, field]] : [],
    )

const inHttp =
  (field: string, used: (trigger: App['triggers']['http'][number]) => boolean) =>
  (app: App): Path[] =>
    app.triggers.http.flatMap((trigger, index) => (used(trigger) ? [['trigger', 'http', index, field]] : []))

const UNSUPPORTED: readonly Row[] = [
  {
    remedy: 'only [[trigger.http]] runs',
    uses: app =>
      Object.entries(app.triggers.other).flatMap(([type, all]) =>
        all.map((_, index) => ['trigger', type, index]),
      ),
  },
  {
    remedy: 'remove it or leave it empty',
    uses: inComponents('key_value_stores', one => one.keyValueStores.length > 0),
  },
  {
    remedy: 'remove it or leave it empty',
    uses: inComponents('sqlite_databases', one => one.sqliteDatabases.length > 0),
  },
  {remedy: 'remove it or leave it empty', uses: inComponents('ai_models', one => one.aiModels.length > 0)},
  {
    remedy: 'compose the component beforehand',
    uses: inComponents('dependencies', one => Object.keys(one.dependencies).length > 0),
  },
  {
    remedy: 'compose the component beforehand',
    uses: inHttp('dependencies', one => Object.keys(one.dependencies).length > 0),
  },
  {
    remedy: 'download the component and write its path',
    uses: inComponents('source', one => !('path' in one.source)),
  },
]

/** Everything in the application that cannot run yet, in the order of the text. */
export function describeUnsupported(app: App): MayflyError[] {
  const uses = UNSUPPORTED.flatMap(({remedy, uses: find}) => find(app).map(path => ({remedy, path})))
  return uses
    .map(
      ({remedy, path}) =>
        new MayflyError('MANIFEST_UNSUPPORTED', {field: formatPath(path), remedy}, {at: placeOf(app, path)}),
    )
    .sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0))
}
