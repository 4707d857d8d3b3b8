// cli/guest-exception.ts: exceptions that JavaScript guests report on stderr, as errors with the author's own places.
import {MayflyError} from '../base/errors.ts'
import {createFrameMapper, type FrameMapper} from '../build/javascript/frames.ts'
import {EXCEPTION_MARKER, type ExceptionRecord} from '../build/javascript/guest/report.ts'

/** Reads a line of stderr: the error it reports; undefined for a line that is the guest's own words. */
export type ExceptionReader = (line: string) => MayflyError | undefined

/** @param sourceMap JSON; the reader maps nothing without it */
export function exceptionReader(component: string, sourceMap: string | undefined): ExceptionReader {
  const mapper = createFrameMapper(sourceMap ?? '')
  return line => {
    if (!line.startsWith(EXCEPTION_MARKER)) return undefined
    const record = parse(line.slice(EXCEPTION_MARKER.length))
    return record === undefined ? undefined : errorOf(component, record, mapper)
  }
}

/** The line comes from a guest: anything may stand in it. */
function parse(text: string): ExceptionRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<ExceptionRecord> | null
    const isRecord = [record?.name, record?.message, record?.stack].every(each => typeof each === 'string')
    return isRecord ? (record as ExceptionRecord) : undefined
  } catch {
    return undefined
  }
}

function errorOf(component: string, record: ExceptionRecord, mapper: FrameMapper): MayflyError {
  const {place, frames, codeFrame} = mapper.mapStack(record.stack)
  const trace = frames
    .slice(0, 10)
    .map(frame => `    at ${frame.function ?? '<anonymous>'} (${frame.file}:${frame.line}:${frame.column})`)
  const details = {
    component,
    reason: `${record.name}: ${record.message}`,
    frame: [codeFrame, ...trace].filter(text => text !== '').join('\n'),
  }
  const at = place === undefined ? {} : {at: {file: place.file, line: place.line, column: place.column}}
  return new MayflyError('GUEST_THREW', details, at)
}
