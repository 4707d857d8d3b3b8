// observe/observer.ts: everything that a worker process has to say, put together.
import {isatty} from 'node:tty'
import {type GuestOutput, guestOutput} from './guest-output.ts'
import {jsonRequestLine, plainRequestLine} from './request-log.ts'
import type {RequestObserver, RequestRecord} from './request-record.ts'
import {fdSink} from './sink.ts'

export type ObserverOptions = Readonly<{
  /** How a request is logged. */
  format: 'plain' | 'json'
  /** No line for a request, nothing of guests on the terminal. */
  quiet: boolean
  /** Where guest output is kept; nowhere without it. */
  logDir?: string
  /** The components whose output is shown; empty for all. */
  follow: readonly string[]
}>

export interface Observer extends RequestObserver {
  readonly guests: GuestOutput
  /** A line of our own on stderr. */
  note(line: string): void
  close(): Promise<void>
}

/** Guests' stdout goes to stdout; their stderr, requests and our own notes go to stderr. */
export function observe(options: ObserverOptions): Observer {
  const stdout = fdSink(1)
  const stderr = fdSink(2)
  const shown = options.quiet
    ? {}
    : {terminal: {stdout: {sink: stdout, isTty: isatty(1)}, stderr: {sink: stderr, isTty: isatty(2)}}}
  const guests = guestOutput({
    ...shown,
    ...(options.follow.length === 0 ? {} : {follow: options.follow}),
    ...(options.logDir === undefined ? {} : {logDir: options.logDir}),
  })
  const render =
    options.format === 'json'
      ? (record: RequestRecord): string => jsonRequestLine(record, new Date())
      : plainRequestLine
  // A process that ends without `close` (an uncaught exception) still says what it has to.
  const flush = (): void => {
    guests.flushSync()
    stdout.flushSync()
    stderr.flushSync()
  }
  process.on('exit', flush)

  return {
    guests,
    request: options.quiet ? () => {} : record => stderr.write(render(record)),
    note: line => stderr.write(`${line}\n`),
    async close() {
      await Promise.all([guests.close(), stdout.close(), stderr.close()])
      process.off('exit', flush)
    },
  }
}
