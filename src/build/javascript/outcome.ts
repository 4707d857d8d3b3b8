// build/javascript/outcome.ts: what initialisation reported -> errors with places, or warnings.
import {type Details, type ErrorCode, MayflyError, MayflyErrors} from '../../base/errors.ts'
import type {Warning} from './bundle.ts'
import {printable} from './code-frame.ts'
import type {FrameMapper, MappedStack} from './frames.ts'
import {type ExceptionRecord, INIT_MARKER, type InitRecord} from './guest/records.ts'
import type {InitOutcome} from './preinit.ts'

export type OutcomeContext = Readonly<{entry: string; component: string; mapper: FrameMapper}>

/** Why the component cannot be built, if it cannot. */
export function outcomeError(outcome: InitOutcome, context: OutcomeContext): Error | undefined {
  const records = readRecords(outcome.stderr)
  const loaded = records.findIndex(record => record.kind === 'warming-up')
  const loading = recordedError(loaded < 0 ? records : records.slice(0, loaded), context)
  if (loading !== undefined) return loading
  if (loaded < 0) return unrecordedError(records, outcome, context)
  const warmedUp = records.slice(loaded)
  const failed = recordedError(warmedUp, context) ?? unrecordedError(warmedUp, outcome, context)
  const {path} = warmedUp.findLast(record => record.kind === 'warming-up')!
  return failed && warmUpError(firstOf(failed), path, context)
}

function recordedError(records: readonly InitRecord[], context: OutcomeContext): Error | undefined {
  // Counted even where the handler caught the refusal: its state may then depend on having caught it.
  const impure = records.flatMap(record => (record.kind === 'impure' ? [record] : []))
  if (impure.length > 0)
    return together(
      unique(impure)
        .slice(0, MAX_IMPURE)
        .map(record => impureError(record, context)),
    )
  const threw = records.find(record => record.kind === 'threw')
  if (threw !== undefined) return threwError(threw.error, context)
  const none = records.find(record => record.kind === 'no-handler')
  if (none === undefined) return undefined
  return new MayflyError(
    'BUILD_NO_HANDLER',
    {entry: context.entry, reason: printable(none.found)},
    {at: {file: context.entry}},
  )
}

/** What only the end of initialisation tells. */
function unrecordedError(
  records: readonly InitRecord[],
  outcome: InitOutcome,
  context: OutcomeContext,
): MayflyError | undefined {
  if (outcome.kind === 'refused') {
    const what = `the import ${outcome.importName}`
    return new MayflyError(
      'BUILD_IMPURE_INIT',
      {what, component: context.component, frame: ''},
      {at: {file: context.entry}},
    )
  }
  if (outcome.kind !== 'ready') return endedError(outcome, context)
  if (records.some(record => record.kind === 'ready')) return undefined
  const reason = records.some(record => record.kind === 'warming-up')
    ? 'its answer never ends'
    : 'its top-level await waits for something that never happens'
  return new MayflyError('BUILD_INIT_THREW', {reason, frame: ''}, {at: {file: context.entry}})
}

const firstOf = (error: Error): MayflyError =>
  error instanceof MayflyErrors ? error.errors[0]! : (error as MayflyError)

/** The same, of a request that was answered after the module was loaded. */
function warmUpError(error: MayflyError, path: string, {component}: OutcomeContext): MayflyError {
  const {what, reason = '', frame = ''} = error.details
  const details = {
    path: printable(path),
    component,
    reason: what === undefined ? reason : `${what} is called, and every event would start from its result`,
    frame,
  }
  return new MayflyError('BUILD_WARM_UP', details, error.at === undefined ? {} : {at: error.at})
}

/** What top-level code printed, and what went wrong in it without stopping it. */
export function outcomeWarnings({stdout, stderr}: InitOutcome): Warning[] {
  const lines = `${stdout}\n${stderr}`
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith(INIT_MARKER))
  return lines
    .slice(0, MAX_WARNINGS)
    .map(line => ({message: `printed while the module was loaded: ${printable(line)}`}))
}

const MAX_WARNINGS = 20
/** As many as there are requests to warm up, at least. */
const MAX_RECORDS = 10_000
const MAX_IMPURE = 20

function readRecords(stderr: string): InitRecord[] {
  return stderr
    .split('\n')
    .filter(line => line.startsWith(INIT_MARKER))
    .slice(0, MAX_RECORDS)
    .flatMap(line => {
      try {
        const record: unknown = JSON.parse(line.slice(INIT_MARKER.length))
        return isInitRecord(record) ? [record] : []
      } catch {
        return []
      }
    })
}

/** The handler's own code can write such lines too. */
function isInitRecord(value: unknown): value is InitRecord {
  const record = value as Partial<Record<string, unknown>> | null
  const strings = (object: unknown, ...keys: string[]) =>
    keys.every(key => typeof (object as Partial<Record<string, unknown>> | null)?.[key] === 'string')
  if (record?.['kind'] === 'impure') return strings(record, 'what', 'stack')
  if (record?.['kind'] === 'warming-up') return strings(record, 'path')
  if (record?.['kind'] === 'threw') return strings(record['error'], 'name', 'message', 'stack')
  return record?.['kind'] === 'ready' || (record?.['kind'] === 'no-handler' && strings(record, 'found'))
}

function unique<T>(records: readonly T[]): T[] {
  return [...new Map(records.map(record => [JSON.stringify(record), record])).values()]
}

const together = (errors: MayflyError[]) => (errors.length === 1 ? errors[0]! : new MayflyErrors(errors))

type Impure = Extract<InitRecord, {kind: 'impure'}>

function impureError({what, stack}: Impure, {entry, component, mapper}: OutcomeContext): MayflyError {
  return placed('BUILD_IMPURE_INIT', {what: printable(what), component}, mapper.mapStack(stack), entry)
}

function threwError({name, message, stack}: ExceptionRecord, {entry, mapper}: OutcomeContext): MayflyError {
  const reason = printable(name === 'thrown' ? message : `${name}: ${message}`)
  return placed('BUILD_INIT_THREW', {reason}, mapper.mapStack(stack), entry)
}

function placed(
  code: ErrorCode,
  details: Details,
  {place, codeFrame}: MappedStack,
  entry: string,
): MayflyError {
  const at = place === undefined ? {file: entry} : {file: place.file, line: place.line, column: place.column}
  return new MayflyError(code, {...details, frame: codeFrame}, {at})
}

/** The engine itself gave up; its own text, of which the first lines tell what and the others where, is all there is. */
function endedError(
  outcome: Exclude<InitOutcome, {kind: 'ready'}>,
  {entry, mapper}: OutcomeContext,
): MayflyError {
  const [first = '', ...rest] = outcome.stderr
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('Exception while evaluating'))
    .filter(line => !line.startsWith(INIT_MARKER))
  const reason =
    outcome.kind === 'trap'
      ? `${outcome.reason}${first === '' ? '' : ` (${first})`}`
      : first || `exit code ${String((outcome as {exitCode?: number}).exitCode)}`
  const at = first.replace(/^(app\.js:\d+:\d+) .*$/s, '@$1')
  return placed(
    'BUILD_INIT_THREW',
    {reason: printable(reason.replace(/^app\.js:\d+:\d+ /, ''))},
    mapper.mapStack([at, ...rest].join('\n')),
    entry,
  )
}
