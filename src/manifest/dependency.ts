// manifest/dependency.ts: what satisfies a component's imports, and the middleware of a trigger.
import {
  type Dependency,
  type DependencySource,
  INHERITABLE,
  type Inherited,
  type Named,
  type TriggerDependency,
} from './app.ts'
import {
  type Check,
  choice,
  conflict,
  either,
  emptyRecord,
  flag,
  list,
  named,
  type Reader,
  text,
  then,
} from './check.ts'
import {compact} from './compact.ts'
import {importName, overlap, parseImportName} from './dependency-name.ts'
import type {Spot} from './mistakes.ts'
import {componentId, filePath, isKebab, packageName, sha256, versionRange, webUrl} from './names.ts'
import {optional, required, shapes, table} from './table.ts'
import {type Path, quote} from './wording.ts'

const MOST_COMPARED = 100

const inherits: Check<Inherited> = either<Inherited>('true, false or an array of fields', {
  boolean: then(flag, all => (all ? 'all' : [])),
  array: list(choice(...INHERITABLE)),
})

/** A component of the application that is meant as a part of another. */
const componentReference: Check<string> = then(componentId, (name, value, path, reader) => {
  reader.references.push({kind: 'component', name, at: value.at, path})
  return name
})

const common = {inherit_configuration: optional(inherits)}
const withExport = {...common, export: optional(text)}
const fromRegistry = {version: required(versionRange), registry: optional(text)}
const EXPECTED = 'a range of versions, {version}, {path}, {url, digest} or {component}'

/** `inherits` undefined: not said. */
type Draft = Readonly<{from: DependencySource; export?: string; inherits?: Inherited}>
type Common = Readonly<{inherit_configuration: Inherited | undefined; export?: string | undefined}>

const draft = ({inherit_configuration, export: name}: Common, from: DependencySource): Draft =>
  compact({from, export: name, inherits: inherit_configuration})

const ofRegistry = then(table({...fromRegistry, ...withExport, package: optional(packageName)}), read =>
  draft(read, compact({version: read.version, registry: read.registry, package: read.package})),
)
const ofUrl = then(table({url: required(webUrl), digest: required(sha256), ...withExport}), read =>
  draft(read, {url: read.url, digest: read.digest}),
)

const componentDependency: Check<Draft> = either<Draft>(EXPECTED, {
  string: then(versionRange, version => ({from: {version}})),
  table: shapes<Draft>(EXPECTED, {
    version: ofRegistry,
    path: then(table({path: required(filePath), ...withExport}), read => draft(read, {path: read.path})),
    url: ofUrl,
    digest: ofUrl,
    component: then(table({component: required(componentReference), ...withExport}), read =>
      draft(read, {component: read.component}),
    ),
    package: ofRegistry,
    registry: ofRegistry,
  }),
})

const NAME_THE_PACKAGE = {
  reason: 'a plain name does not say which package satisfies it',
  remedy: 'write { version = "...", package = "ns:package" }',
}
const NO_EXPORT = {
  reason: 'a whole package is not satisfied by one export',
  remedy: 'remove export, or name an interface: "ns:package/interface"',
}

function checkNames(drafts: Named<Draft>, at: Spot, path: Path, reader: Reader): void {
  // Grouped, so that many dependencies are not compared each with each.
  const byPackage = Map.groupBy(Object.keys(drafts), name => parseImportName(name).package ?? '')
  for (const [name, {from, export: exported}] of Object.entries(drafts)) {
    const parsed = parseImportName(name)
    const where = reader.places.find([...path, name])?.at ?? at
    if (parsed.package === undefined) {
      if ('version' in from && from.package === undefined && isKebab(name) === undefined)
        conflict(where, [...path, name], reader, NAME_THE_PACKAGE)
      continue
    }
    if (parsed.interface === undefined && exported !== undefined && ('version' in from || 'path' in from))
      conflict(where, [...path, name], reader, NO_EXPORT)
    const before = byPackage.get(parsed.package)!.slice(0, MOST_COMPARED)
    const twin = before
      .slice(0, Math.max(0, before.indexOf(name)))
      .find(other => overlap(parsed, parseImportName(other)))
    if (twin !== undefined)
      conflict(where, [...path, name], reader, {
        reason: `${quote(name)} may mean the same import as ${quote(twin)}`,
        remedy: 'give them different interfaces, or versions that are not compatible',
      })
  }
}

/** `[component.<id>.dependencies]`. */
export const dependencies: Check<Named<Draft>> = then(
  named(componentDependency, importName),
  (drafts, value, path, reader) => {
    checkNames(drafts, value.at, path, reader)
    return drafts
  },
)

type DependencyDrafts = Named<Draft>

/** What a dependency does not say, the component says for all of them; by default nothing is inherited. */
export function finishDependencies(drafts: DependencyDrafts, all: boolean): Named<Dependency> {
  const finished = emptyRecord<Dependency>()
  for (const [name, one] of Object.entries(drafts))
    finished[name] = {...one, inherits: one.inherits ?? (all ? 'all' : [])}
  return finished
}

const inTrigger = (draft: Draft): TriggerDependency => ({from: draft.from, inherits: draft.inherits ?? []})
const TRIGGER_EXPECTED = '{package, version}, {path}, {url, digest} or {component}'
const packageOfTrigger = then(
  table({...fromRegistry, ...common, package: required(packageName)}),
  ({version, registry, package: name, inherit_configuration}) =>
    inTrigger(draft({inherit_configuration}, compact({version, registry, package: name}))),
)
const urlOfTrigger = then(table({url: required(webUrl), digest: required(sha256), ...common}), read =>
  inTrigger(draft(read, {url: read.url, digest: read.digest})),
)

/** `dependencies` of a trigger: lists by role, such as `middleware`, the outermost first. */
export const triggerDependencies = named(
  list(
    shapes<TriggerDependency>(TRIGGER_EXPECTED, {
      package: packageOfTrigger,
      version: packageOfTrigger,
      registry: packageOfTrigger,
      path: then(table({path: required(filePath), ...common}), read =>
        inTrigger(draft(read, {path: read.path})),
      ),
      url: urlOfTrigger,
      digest: urlOfTrigger,
      component: then(table({component: required(componentReference), ...common}), read =>
        inTrigger(draft(read, {component: read.component})),
      ),
    }),
  ),
)
