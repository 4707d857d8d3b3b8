// wasi/cli/stdio.ts: what stands behind a guest's stdin, stdout and stderr.
import {ok, type Result} from '../../base/result.ts'
import {hostFunction} from '../../engine/link/imports.ts'
import type {Store} from '../../engine/store.ts'
import {CLOSED} from '../errors.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {DONE} from '../io/signal.ts'
import type {InputStream, OutputStream, StreamError} from '../io/streams.ts'

/** Takes what guests print. It must not block; it bounds what it keeps, and puts lines together itself. */
export interface OutputSink {
  /** `bytes` are the sink's; `store` is the event that printed them. */
  write(bytes: Uint8Array, store: Store): void
}

export type StdioConfig = Readonly<{
  /** The event's standard input; by default there is nothing to read. */
  stdin?: (store: Store) => InputStream
  stdout?: OutputSink
  stderr?: OutputSink
}>

/** What one write may hold; larger prints arrive in pieces. */
const PERMIT = ok(64 * 1024)
const DONE_WRITING = ok(undefined)

/** An output stream that is always ready: what the guest prints is the sink's at once. */
class SinkStream implements OutputStream {
  readonly #sink: OutputSink
  readonly #store: Store

  constructor(sink: OutputSink, store: Store) {
    this.#sink = sink
    this.#store = store
  }

  ready(): boolean {
    return true
  }

  whenReady(): Promise<void> {
    return DONE
  }

  checkWrite(): Result<number, StreamError> {
    return PERMIT
  }

  write(bytes: Uint8Array): Result<undefined, StreamError> {
    if (bytes.length > 0) this.#sink.write(bytes, this.#store)
    return DONE_WRITING
  }

  flush(): Result<undefined, StreamError> {
    return DONE_WRITING
  }
}

/** For output that nobody wants. */
export const DISCARD: OutputSink = {write: () => undefined}

/** An input stream that ended before it began. */
export const EMPTY: InputStream = {
  ready: () => true,
  whenReady: () => DONE,
  read: () => CLOSED,
}

export function stdioInterfaces(config: StdioConfig): readonly NamedInterface[] {
  const {stdin = () => EMPTY, stdout = DISCARD, stderr = DISCARD} = config
  return [
    wasiInterface('cli/stdin', {'get-stdin': hostFunction(stdin)}),
    wasiInterface('cli/stdout', {'get-stdout': hostFunction(store => new SinkStream(stdout, store))}),
    wasiInterface('cli/stderr', {'get-stderr': hostFunction(store => new SinkStream(stderr, store))}),
  ]
}
