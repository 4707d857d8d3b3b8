// cli/inspection.ts: what `mayfly inspect` shows, as data, and as text.
import {byteSize} from './units.ts'

export type Inspection = Readonly<{
  file: string
  byteLength: number
  /** Full names with versions, in the component's order. */
  imports: readonly InspectedItem[]
  exports: readonly InspectedItem[]
  coreModules: readonly InspectedModule[]
  /** From the `producers` sections: {'language': ['Rust'], 'processed-by': ['rustc 1.95.0']}. */
  producers: Readonly<Record<string, readonly string[]>>
  snapshot: InspectedSnapshot
}>

export type InspectedItem = Readonly<{
  name: string
  kind: 'instance' | 'function' | 'type' | 'component' | 'module' | 'value'
  /** For an import: whether Mayfly provides it; for an export: whether a trigger of Mayfly's calls it. */
  known: boolean
}>

export type InspectedModule = Readonly<{
  /** From the name section; empty where it has none. */
  name: string
  byteLength: number
  codeBytes: number
  dataBytes: number
  memories: number
  /** SHA-256 of the lean module: what is the same here is compiled once for all apps. */
  leanHash: string
}>

export type InspectedSnapshot = Readonly<{
  /** 'shared': every event starts from the image; 'reseeded': with fresh seeds written in; 'anew': initialised for each event. */
  mode: 'shared' | 'reseeded' | 'anew'
  /** Why, a sentence; which function and which bytes stood in the way. */
  reason: string
  byteLength: number
  /** What initialisation called: 'wasi:random/random@0.2.3 get-random-bytes' with the number of calls. */
  calls: readonly Readonly<{name: string; count: number}>[]
}>

const LANGUAGES: readonly (readonly [RegExp, string])[] = [
  [/starlingmonkey|componentize-?js|javascript|typescript/i, 'JavaScript'],
  [/componentize-py|cpython|python/i, 'Python'],
  [/\bgo\b|tinygo/i, 'Go'],
  [/rustc|\brust\b/i, 'Rust'],
  [/assemblyscript/i, 'AssemblyScript'],
  [/\bzig\b/i, 'Zig'],
  [/ruby|mruby/i, 'Ruby'],
  [/swift/i, 'Swift'],
  [/moonbit/i, 'MoonBit'],
  [/dotnet|\bc#/i, 'C#'],
  [/clang|\bc11\b|\bc\+\+|\bc\d\d\b/i, 'C or C++'],
]

/** The source language by what the producers sections say; interpreters before what they are written in. */
export function guessLanguage(producers: Inspection['producers']): string | undefined {
  const languages = (producers['language'] ?? []).join(' ')
  const all = Object.values(producers).flat().join(' ')
  const byTool = LANGUAGES.slice(0, 2).find(([pattern]) => pattern.test(all))
  return (byTool ??
    LANGUAGES.find(([pattern]) => pattern.test(languages)) ??
    LANGUAGES.find(([pattern]) => pattern.test(all)))?.[1]
}

/** The inspection as text, with no colours: it is often kept in files. */
export function renderInspection(inspection: Inspection): string {
  const {file, byteLength, imports, exports, coreModules, snapshot} = inspection
  const language = guessLanguage(inspection.producers)
  const tools = inspection.producers['processed-by'] ?? []
  const lines = [
    `${file}: component, ${byteSize(byteLength)}`,
    ...(language === undefined ? [] : [`  language   ${language}`]),
    ...(tools.length === 0 ? [] : [`  made by    ${tools.join(', ')}`]),
    '',
    ...items('imports', imports, 'not provided by Mayfly'),
    ...items('exports', exports, ''),
    `core modules (${coreModules.length})`,
    ...table(
      coreModules.map((module, i) => [
        `  ${module.name === '' ? `#${i}` : module.name}`,
        byteSize(module.byteLength),
        `code ${byteSize(module.codeBytes)}`,
        `data ${byteSize(module.dataBytes)}`,
        `${module.memories} ${module.memories === 1 ? 'memory' : 'memories'}`,
        `shared code ${module.leanHash.slice(0, 12)}`,
      ]),
    ),
    '',
    `snapshot     ${SNAPSHOT_MODES[snapshot.mode]}, ${byteSize(snapshot.byteLength)}`,
    `  because ${snapshot.reason}`,
    snapshot.calls.length === 0 ? '  initialisation called nothing' : '  initialisation called',
    ...table(snapshot.calls.map(({name, count}) => [`    ${name}`, `${count}×`])),
  ]
  return `${lines.join('\n')}\n`
}

const SNAPSHOT_MODES: Readonly<Record<InspectedSnapshot['mode'], string>> = {
  shared: 'every event starts from one image',
  reseeded: 'every event starts from one image, with fresh seeds',
  anew: 'initialised anew for each event',
}

function items(title: string, list: readonly InspectedItem[], unknown: string): string[] {
  const rows = list.map(({name, kind, known}) => {
    const notes = [...(kind === 'instance' ? [] : [kind]), ...(known || unknown === '' ? [] : [unknown])]
    return `  ${name}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`
  })
  return [`${title} (${list.length})`, ...rows, '']
}

/** Columns aligned to the left, two blanks between. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  )
}
