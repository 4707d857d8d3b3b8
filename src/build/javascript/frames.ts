// build/javascript/frames.ts: stacks of a guest, mapped back to the lines that its author wrote.
import {SourceMap, type SourceMapPayload} from 'node:module'
import {codeFrame, printable} from './code-frame.ts'
import {BUNDLE_NAME, GUEST_NAMESPACE} from './names.ts'

/** A place in the handler's source. `file` is relative to the app's folder; line and column count from 1. */
export type SourceFrame = Readonly<{
  function: string | undefined
  file: string
  line: number
  column: number
  /** From `node_modules`, so not the app's own. */
  dependency: boolean
}>

export type MappedStack = Readonly<{
  frames: readonly SourceFrame[]
  /** Where to look first: the app's own innermost frame, or else the innermost. */
  place: SourceFrame | undefined
  /** Source lines around `place`; empty when the map does not hold them. */
  codeFrame: string
}>

/** Maps the stacks of one bundle. Never throws: neither stacks nor maps are trusted. */
export type FrameMapper = Readonly<{
  /** A stack as the `stack` of an exception has it. */
  mapStack(stack: string): MappedStack
  /** Any text of the engine's, with each place in the bundle replaced by the one in the sources. */
  mapText(text: string): string
}>

const MAX_FRAMES = 50
const MAX_STACK_LENGTH = 64_000
/** BUNDLE_NAME, line and column. */
const BUNDLE_PLACE = /\bapp\.js:(\d{1,9}):(\d{1,9})/g
/** SpiderMonkey writes `name@file:line:column`, each from 1. */
const STACK_LINE = /^\s*(.*)@(.*):(\d{1,9}):(\d{1,9})$/

/** @param sourceMap JSON as `bundle` returns it; one that cannot be read maps nothing */
export function createFrameMapper(sourceMap: string): FrameMapper {
  const payload = parsePayload(sourceMap)
  const map = payload && load(payload)
  if (payload === undefined || map === undefined) {
    return {mapStack: () => ({frames: [], place: undefined, codeFrame: ''}), mapText: text => text}
  }
  const mapStack = (stack: string): MappedStack => {
    const frames: SourceFrame[] = []
    for (const line of stack.slice(0, MAX_STACK_LENGTH).split('\n')) {
      const frame = frames.length < MAX_FRAMES ? mapLine(map, line) : undefined
      if (frame !== undefined) frames.push(frame)
    }
    const place = frames.find(frame => !frame.dependency) ?? frames[0]
    return {frames, place, codeFrame: place === undefined ? '' : frameOf(payload, place)}
  }
  const mapText = (text: string): string =>
    text.replace(BUNDLE_PLACE, (whole, line, column) => {
      const source = lookUp(map, Number(line), Number(column))
      return source === undefined ? whole : `${source.file}:${source.line}:${source.column}`
    })
  return {mapStack, mapText}
}

function parsePayload(text: string): SourceMapPayload | undefined {
  try {
    const payload = JSON.parse(text) as Partial<SourceMapPayload> | null
    const strings = (value: unknown) =>
      Array.isArray(value) && value.every(item => typeof item === 'string' || item === null)
    if (typeof payload?.mappings !== 'string' || !strings(payload.sources) || !strings(payload.names ?? []))
      return undefined
    // `sections` and `sourceRoot` are not ours; without them nothing but the fields checked here is read.
    const {mappings, sources, sourcesContent} = payload as SourceMapPayload
    const contents = strings(sourcesContent) ? sourcesContent : []
    return {
      version: 3,
      file: '',
      sources,
      sourcesContent: contents,
      names: payload.names ?? [],
      mappings,
      sourceRoot: '',
    }
  } catch {
    return undefined
  }
}

function load(payload: SourceMapPayload): SourceMap | undefined {
  try {
    return new SourceMap(payload)
  } catch {
    return undefined
  }
}

function mapLine(map: SourceMap, text: string): SourceFrame | undefined {
  const [, name, file, line, column] = STACK_LINE.exec(text) ?? []
  const place = file === BUNDLE_NAME ? lookUp(map, Number(line), Number(column)) : undefined
  if (place === undefined || place.file.startsWith(`${GUEST_NAMESPACE}:`)) return undefined
  return {function: readableName(name), ...place, dependency: /(^|\/)node_modules\//.test(place.file)}
}

type SourcePlace = Readonly<{file: string; line: number; column: number}>

function lookUp(map: SourceMap, line: number, column: number): SourcePlace | undefined {
  const entry = map.findEntry(line - 1, column - 1)
  if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return undefined
  return {
    file: printable(entry.originalSource),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  }
}

/** SpiderMonkey writes `outer/inner<` for functions without a name; modules' own code has esbuild's wrapper's name. */
function readableName(name: string | undefined): string | undefined {
  const last = printable(name ?? '')
    .replace(/^async\*/, '')
    .replace(/[/<]+$/, '')
    .replace(/^.*\//, '')
  return last === '' || /^(init_|require_)/.test(last) || /\.(ts|js|tsx|mjs|jsx)$/.test(last)
    ? undefined
    : last
}

function frameOf({sources, sourcesContent}: SourceMapPayload, {file, line, column}: SourceFrame): string {
  const content = sourcesContent[sources.findIndex(source => source !== null && printable(source) === file)]
  return typeof content === 'string' ? codeFrame(content.split(/\r\n|\n|\r/), {line, column}) : ''
}
