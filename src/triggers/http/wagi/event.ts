// triggers/http/wagi/event.ts: what a program finds around it that answers one request by CGI (RFC 3875).
import {MayflyError} from '../../../base/errors.ts'
import {StateKey, type Store} from '../../../engine/store.ts'
import type {Environment, ProgramConfig} from '../../../wasi/cli/cli.ts'
import {EMPTY, type OutputSink} from '../../../wasi/cli/stdio.ts'
import type {InputStream} from '../../../wasi/io/streams.ts'

/** More than this of one answer is not held. */
const MAX_OUTPUT_BYTES = 128 * 1024 * 1024

export type WagiEvent = Readonly<{
  args: readonly string[]
  environment: Environment
  stdin: InputStream
  stdout: Output
}>

/** The event that a store's sandbox serves, if it is one of these. */
export const WAGI_EVENT = new StateKey<WagiEvent | null>(() => null)

/** What is printed is the answer, once all of it is there. */
export class Output {
  readonly #chunks: Uint8Array[] = []
  #byteLength = 0

  write(bytes: Uint8Array): void {
    this.#byteLength += bytes.length
    if (this.#byteLength > MAX_OUTPUT_BYTES)
      throw new MayflyError('TRAP_TOO_MUCH', {reason: `it prints more than ${MAX_OUTPUT_BYTES} bytes`})
    this.#chunks.push(bytes)
  }

  take(): Buffer {
    return Buffer.concat(this.#chunks.splice(0))
  }
}

type ProgramSurroundings = Required<ProgramConfig> &
  Readonly<{stdin: (store: Store) => InputStream; stdout: OutputSink}>

/** For a component whose other events find `environment`, and print to `stdout`. */
export const surroundings = (environment: Environment, stdout: OutputSink): ProgramSurroundings => ({
  args: store => store.state(WAGI_EVENT)?.args ?? [],
  environment: store => merged(environment, store.state(WAGI_EVENT)?.environment),
  stdin: store => store.state(WAGI_EVENT)?.stdin ?? EMPTY,
  stdout: {write: (bytes, store) => (store.state(WAGI_EVENT)?.stdout ?? stdout).write(bytes, store)},
})

/** The request has the last word: a program must be able to trust what it is told of it. */
function merged(own: Environment, ofRequest: Environment | undefined): Environment {
  if (ofRequest === undefined) return own
  const names = new Set(ofRequest.map(([name]) => name))
  return [...own.filter(([name]) => !names.has(name)), ...ofRequest]
}
