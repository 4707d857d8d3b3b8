// wasi/p3/cli/stdio.ts: a guest's stdin, stdout and stderr as streams.
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import {type HostFunction, hostFunction} from '../../../engine/link/imports.ts'
import {DISCARD, EMPTY, type OutputSink, type StdioConfig} from '../../cli/stdio.ts'
import {type NamedInterface, p3Interface} from '../../interface.ts'
import {drain} from '../drain.ts'
import {streamed} from '../sources.ts'

/** wasi:cli/types error-code. */
type ErrorCode = 'io' | 'illegal-byte-sequence' | 'pipe'

const RESULT = 'future<result<_, enum{io, illegal-byte-sequence, pipe}>>'

const errorCodeOf = (thrown: unknown): ErrorCode =>
  (thrown as NodeJS.ErrnoException | undefined)?.code === 'EPIPE' ? 'pipe' : 'io'

const writer = (sink: OutputSink): HostFunction =>
  hostFunction(
    (store, data: GuestStream) => drain(data, bytes => sink.write(bytes, store), errorCodeOf),
    `func(stream<u8>) -> ${RESULT}`,
  )

export function stdioInterfaces(config: StdioConfig): readonly NamedInterface[] {
  const {stdin = () => EMPTY, stdout = DISCARD, stderr = DISCARD} = config
  return [
    p3Interface('cli/stdin', {
      'read-via-stream': hostFunction(store => {
        const input = stdin(store)
        // Dropping one stream ends neither standard input nor another stream of it.
        return streamed(
          {
            ready: () => input.ready(),
            whenReady: () => input.whenReady(),
            read: max => input.read(max),
          },
          () => 'io' satisfies ErrorCode,
        )
      }, `func() -> tuple<stream<u8>, ${RESULT}>`),
    }),
    p3Interface('cli/stdout', {'write-via-stream': writer(stdout)}),
    p3Interface('cli/stderr', {'write-via-stream': writer(stderr)}),
  ]
}
