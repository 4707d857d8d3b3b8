// build/javascript/guest/report.ts: how the guest tells the host what happened: one line of JSON on stderr, marked.
// Everything in guest/ is bundled with the handler and runs inside the component.
import {EXCEPTION_MARKER, type ExceptionRecord, INIT_MARKER, type InitRecord} from './records.ts'

/** Causes of causes are shown to this depth. */
const MAX_CAUSES = 4

/** Anything thrown as data; never throws itself, whatever getters the thrown thing has. */
export function recordOf(thrown: unknown, depth = 0): ExceptionRecord {
  try {
    if (!(thrown instanceof Error)) return {name: 'thrown', message: describe(thrown), stack: ''}
    const record: ExceptionRecord = {
      name: String(thrown.name),
      message: String(thrown.message),
      stack: String(thrown.stack),
    }
    if (thrown.cause !== undefined && depth < MAX_CAUSES) record.cause = recordOf(thrown.cause, depth + 1)
    return record
  } catch {
    return {name: 'thrown', message: 'something that cannot be read', stack: ''}
  }
}

export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'object' && value !== null) return `an object with [${Object.keys(value).join(', ')}]`
  if (typeof value === 'function') return 'a function'
  return String(value)
}

const write: (...things: unknown[]) => void = console.error

/**
 * Frameworks catch what a handler throws and pass it to `console.error`, of which the engine prints no stack;
 * so errors among its arguments are reported as well.
 */
console.error = (...things: unknown[]) => {
  const errors = things.filter(thing => thing instanceof Error)
  if (errors.length < things.length || errors.length === 0) {
    write(...things.map(thing => (thing instanceof Error ? `${thing.name}: ${thing.message}` : thing)))
  }
  for (const error of errors) reportException(error)
}

let catcher: ((thrown: unknown) => void) | undefined

/** Has exceptions given to `caught` rather than told to the host, until what is returned is called. */
export function catchExceptions(caught: (thrown: unknown) => void): () => void {
  catcher = caught
  return () => {
    catcher = undefined
  }
}

export function reportException(thrown: unknown): void {
  if (catcher === undefined) write(EXCEPTION_MARKER + JSON.stringify(recordOf(thrown)))
  else catcher(thrown)
}

export function reportInit(record: InitRecord): void {
  write(INIT_MARKER + JSON.stringify(record))
}
