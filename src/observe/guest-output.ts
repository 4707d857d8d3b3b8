// observe/guest-output.ts: what guests write to stdout and stderr: to the terminal, and to log files as Spin names them.
import {mkdirSync, openSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {assembleLines, type LineAssembler} from './line-assembler.ts'
import {printable} from './printable.ts'
import {fdSink, type Sink} from './sink.ts'

export type GuestOutputOptions = Readonly<{
  /** Where followed lines go; none is shown without it. */
  terminal?: Readonly<Record<StreamName, Readonly<{sink: Sink; isTty: boolean}>>>
  /** The components whose lines are shown. Default: all. */
  follow?: readonly string[]
  /** Directory of `<component>_stdout.txt` and `<component>_stderr.txt`; no files without it. */
  logDir?: string
  maxLine?: number
}>

export type StreamName = 'stdout' | 'stderr'

/** One event's output. Lines of events that run at the same time do not mix within a line. */
export type EventOutput = Readonly<Record<StreamName, LineAssembler>>

export interface GuestOutput {
  /** Once for each event that writes anything; end both streams when the event ends. */
  open(component: string): EventOutput
  flushSync(): void
  close(): Promise<void>
}

/** Files are opened for appending when a component first writes to them, so that workers can share them. */
export function guestOutput(options: GuestOutputOptions): GuestOutput {
  const {terminal, follow, logDir} = options
  const files = new Map<string, Sink>()
  const emitters = new Map<string, (line: string) => void>()

  const openLog = (directory: string, key: string): Sink => {
    let sink = UNWRITABLE
    try {
      mkdirSync(directory, {recursive: true})
      sink = fdSink(openSync(logFile(directory, key), 'a'), {owned: true})
    } catch (error) {
      // A full disk or a missing permission is no reason to fail an event: said once, then the terminal must do.
      terminal?.stderr.sink.write(`${key}: no log file: ${(error as Error).message}\n`)
    }
    files.set(key, sink)
    return sink
  }
  const emitter = (component: string, stream: StreamName): ((line: string) => void) => {
    const key = `${component}_${stream}`
    const known = emitters.get(key)
    if (known !== undefined) return known
    const isFollowed = follow === undefined || follow.includes(component)
    const shown = isFollowed ? terminal?.[stream] : undefined
    let file: Sink | undefined
    const emit = (line: string): void => {
      shown?.sink.write(`${component}: ${shown.isTty ? printable(line) : line}\n`)
      if (logDir === undefined) return
      file ??= openLog(logDir, key)
      file.write(`${line}\n`)
    }
    emitters.set(key, emit)
    return emit
  }

  return {
    open: component => ({
      stdout: assembleLines(emitter(component, 'stdout'), options.maxLine),
      stderr: assembleLines(emitter(component, 'stderr'), options.maxLine),
    }),
    flushSync() {
      for (const file of files.values()) file.flushSync()
    },
    async close() {
      await Promise.all([...files.values()].map(file => file.close()))
    },
  }
}

/** Empties (or makes) the log files before the workers append to them: --truncate-logs. */
export function truncateLogs(logDir: string, components: readonly string[]): void {
  mkdirSync(logDir, {recursive: true})
  for (const component of components) {
    for (const stream of ['stdout', 'stderr'] as const) {
      writeFileSync(logFile(logDir, `${component}_${stream}`), '')
    }
  }
}

const UNWRITABLE: Sink = {write: () => {}, flushSync: () => {}, close: async () => {}}

/** Component ids are checked by the manifest; a handler's name comes from its file. Neither leaves the directory. */
const logFile = (logDir: string, key: string): string => join(logDir, `${key.replace(/[^\w.-]/g, '_')}.txt`)
