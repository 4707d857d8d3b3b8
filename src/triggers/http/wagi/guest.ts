// triggers/http/wagi/guest.ts: runs a program once for each request, which it finds in its environment and standard input;
// what it prints is the answer (RFC 3875).
import {MayflyError} from '../../../base/errors.ts'
import {ok} from '../../../base/result.ts'
import type {Pool} from '../../../engine/pool/pool.ts'
import {asTrap, type Sandbox, type StopListener} from '../../../engine/pool/sandbox.ts'
import {turns} from '../../../engine/turns.ts'
import {GuestExit, guestExit} from '../../../wasi/cli/exit.ts'
import {exitCodeOf, type RunResult} from '../../../wasi/cli/run.ts'
import {RETURNED} from '../../trigger.ts'
import type {EventRunner, HttpEvent, HttpGuest} from '../guest.ts'
import {withSandbox} from '../lease.ts'
import {HTTP_EVENT} from '../sandboxed-guest.ts'
import {argumentsOf, environmentOf} from './environment.ts'
import {Output, WAGI_EVENT, type WagiEvent} from './event.ts'
import {type Input, inputOf, MAX_UNSTATED_BYTES} from './request-body.ts'
import {responseOf} from './response.ts'

export type WagiOptions = Readonly<{
  /** The index of `_start` or `run`, as the program's findExport gives it. */
  run: number
  /** The arguments, with the program's name; `${SCRIPT_NAME}` and `${ARGS}` stand for the request's. */
  argv: string
}>

export class WagiGuest implements HttpGuest {
  readonly #pool: Pool
  readonly #options: WagiOptions

  constructor(pool: Pool, options: WagiOptions) {
    this.#pool = pool
    this.#options = options
  }

  run(event: HttpEvent): undefined {
    const input = inputOf(event.request)
    if (input instanceof Promise) input.then(whole => turns.add(() => this.#begin(event, whole)))
    else this.#begin(event, input)
  }

  #begin(event: HttpEvent, input: Input | undefined): void {
    if (event.aborted) event.settle(RETURNED)
    else if (input === undefined)
      event.settle({kind: 'trap', error: new MayflyError('HTTP_BODY_TOO_LONG', {limit: MAX_UNSTATED_BYTES})})
    else
      withSandbox(this.#pool, event, sandbox =>
        new WagiRun(this.#pool, sandbox, event).start(this.#options, input),
      )
  }
}

/** One event in its sandbox. */
class WagiRun implements StopListener, EventRunner {
  readonly #pool: Pool
  readonly #sandbox: Sandbox
  readonly #event: HttpEvent
  readonly #stdout = new Output()

  constructor(pool: Pool, sandbox: Sandbox, event: HttpEvent) {
    this.#pool = pool
    this.#sandbox = sandbox
    this.#event = event
  }

  start({run, argv}: WagiOptions, {stream: stdin, length}: Input): void {
    const sandbox = this.#sandbox
    const event = this.#event
    event.sandbox = sandbox.events === 0 ? 'fresh' : 'restored'
    event.runner = this
    sandbox.stopListener = this
    const wagi: WagiEvent = {
      args: argumentsOf(argv, event),
      environment: environmentOf(event, length),
      stdin,
      stdout: this.#stdout,
    }
    sandbox.store.provide(HTTP_EVENT, event)
    sandbox.store.provide(WAGI_EVENT, wagi)
    try {
      const result = sandbox.call(run)
      if (result instanceof Promise) result.then(this.#returned, this.#failed)
      else this.#returned(result)
    } catch (error) {
      this.#failed(error)
    }
  }

  clientGone(): void {
    this.#sandbox.abort(new MayflyError('TRAP_HOST', {reason: 'the client has gone'}))
  }

  stopped(error: MayflyError): void {
    this.#event.interrupted()
    this.#fail(error)
  }

  /** What a component of WASI 0.3 prints last, the host takes in a microtask. */
  readonly #returned = (result: unknown): void => {
    if (result === undefined) this.#end(undefined)
    else turns.add(() => this.#end(result as RunResult))
  }

  readonly #failed = (error: unknown): void => {
    const exit = guestExit(error)
    if (exit === undefined) this.#fail(asTrap(error))
    else this.#end(exit)
  }

  #end(result: RunResult): void {
    // What a component returns says how it went; only who leaves by `exit` takes the answer back.
    const code = result instanceof GuestExit ? exitCodeOf(result) : 0
    if (code !== 0) {
      this.#fail(new MayflyError('HTTP_WAGI_EXIT', {code}))
      return
    }
    const answer = responseOf(this.#stdout.take(), this.#event.method)
    if (answer.tag === 'err') {
      this.#fail(new MayflyError('HTTP_WAGI_OUTPUT', {reason: answer.val}))
      return
    }
    this.#event.responseOut.set(ok(answer.val))
    this.#release()
    this.#event.settle(RETURNED)
  }

  #fail(error: MayflyError): void {
    this.#release()
    this.#event.settle({kind: 'trap', error})
  }

  #release(): void {
    this.#event.memoryTouchedBytes = this.#pool.release(this.#sandbox).pagesRestored * 4096
  }
}
