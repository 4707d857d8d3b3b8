// triggers/http/async-guest.ts: runs each request in a sandbox of its own, for components that export wasi:http/handler@0.3.
import {MayflyError} from '../../base/errors.ts'
import {err, ok, type Result} from '../../base/result.ts'
import type {Continuation} from '../../engine/async/thread.ts'
import type {CallReceiver} from '../../engine/call.ts'
import {type Idler, idleWatch} from '../../engine/limits/idle-watch.ts'
import {stacks} from '../../engine/link/stacks.ts'
import type {Pool} from '../../engine/pool/pool.ts'
import {asTrap, type Sandbox, type StopListener} from '../../engine/pool/sandbox.ts'
import {type ErrorCode, errorCode} from '../../wasi/http/error-code.ts'
import {OutgoingResponse} from '../../wasi/http/outgoing-message.ts'
import {SENT, type Transmitted} from '../../wasi/p3/http/contents.ts'
import {type Response, requestOf} from '../../wasi/p3/http/message.ts'
import {RELAYS, type Reader, type Relays, transmit} from '../../wasi/p3/http/transmit.ts'
import {type Outcome, RETURNED} from '../trigger.ts'
import type {EventRunner, HttpEvent, HttpGuest} from './guest.ts'
import {withSandbox} from './lease.ts'
import {HTTP_EVENT} from './sandboxed-guest.ts'

/** `handle` is the index of the component's handler.handle, as LinkedComponent.findExport gives it. */
export class AsyncGuest implements HttpGuest {
  readonly #pool: Pool
  readonly #handle: number

  constructor(pool: Pool, handle: number) {
    this.#pool = pool
    this.#handle = handle
  }

  run(event: HttpEvent): undefined {
    withSandbox(this.#pool, event, sandbox => new AsyncRun(this.#pool, sandbox, event, this.#handle).begin())
  }
}

/** One event in its sandbox. It is over when the guest has nothing more to do and nothing is passed on for it. */
class AsyncRun implements CallReceiver, Continuation, Idler, Reader, StopListener, EventRunner {
  readonly #pool: Pool
  readonly #sandbox: Sandbox
  readonly #event: HttpEvent
  readonly #handle: number
  #over = false
  #returned = false
  /** Whether the call is still under way in the turn that it began in. */
  #isBeginning = true
  waitingSinceMs = 0
  /** What the relays had passed on when that was last looked at. */
  #relayed = 0

  constructor(pool: Pool, sandbox: Sandbox, event: HttpEvent, handle: number) {
    this.#pool = pool
    this.#sandbox = sandbox
    this.#event = event
    this.#handle = handle
  }

  begin(): void {
    const sandbox = this.#sandbox
    const event = this.#event
    event.sandbox = sandbox.events === 0 ? 'fresh' : 'restored'
    event.runner = this
    sandbox.stopListener = this
    sandbox.store.provide(HTTP_EVENT, event)
    // Most guests need nothing but their own turn: they return, write what they have to say, and end.
    sandbox.together(this)
    this.#isBeginning = false
    if (this.#returned) this.#wait()
  }

  /** Calls the handler. Never throws: what goes on together must come to its end. */
  goOn(): void {
    try {
      stacks.runOne(this.#sandbox.start(this.#handle, this, [requestOf(this.#event.request)]))
    } catch (error) {
      this.failed(error)
    }
  }

  returned(answer: unknown): void {
    if (this.#over) return
    this.#answer(answer as Result<Response, ErrorCode>)
    if (!this.#isBeginning) this.#wait()
  }

  failed(error: unknown): void {
    this.#end({kind: 'trap', error: asTrap(error)})
  }

  #answer(answer: Result<Response, ErrorCode>): void {
    this.#returned = true
    if (answer.tag === 'err') this.#event.responseOut.set(answer)
    else this.#transmit(answer.val)
  }

  /** A task may go on after it has returned. */
  #wait(): void {
    if (this.#over) return
    const {taskFailure: error, idle} = this.#sandbox
    if (error !== undefined) this.#end({kind: 'trap', error})
    else if (idle) this.#relays()
    else
      this.#sandbox.whenIdle().then(
        () => this.#relays(),
        failure => this.failed(failure),
      )
  }

  #transmit(response: Response): void {
    const event = this.#event
    const outgoing = new OutgoingResponse(response.headers)
    // An interim status is no answer, nor are two lengths one.
    const body = outgoing.setStatusCode(response.statusCode) ? outgoing.openBody() : undefined
    if (body === undefined) {
      response.release()
      event.responseOut.set(err(errorCode('HTTP-protocol-error')))
      return
    }
    event.responseOut.set(ok(outgoing))
    transmit(this.#sandbox.store, response.takeContents(), body, this)
  }

  /** Nobody may want the bytes of an answer to HEAD; only a client that went away has not got all. */
  gone(): Transmitted {
    return this.#event.aborted ? err(errorCode('connection-terminated')) : SENT
  }

  #relays(): void {
    if (this.#over) return
    const relays = this.#sandbox.store.stateIfAny(RELAYS)
    if (relays === undefined || relays.idle) {
      this.#end(RETURNED)
      return
    }
    relays.whenIdle(() => this.#wait())
    this.#watch(relays)
  }

  // Idler: bytes that are passed on without the guest may not stand still for ever either.

  #watch(relays: Relays): void {
    this.#relayed = relays.chunks
    this.waitingSinceMs = performance.now()
    idleWatch.add(this)
  }

  get idleLimitMs(): number {
    return this.#sandbox.idleLimitMs
  }

  idled(): void {
    const {store, idleLimitMs: limit} = this.#sandbox
    const relays = store.state(RELAYS)
    if (relays.chunks !== this.#relayed) this.#watch(relays)
    else this.failed(new MayflyError('LIMIT_IDLE', {limit, component: store.component}))
  }

  stopped(error: MayflyError): void {
    this.#event.interrupted()
    this.#end({kind: 'trap', error})
  }

  clientGone(): void {
    const error = new MayflyError('TRAP_HOST', {reason: 'the client has gone'})
    this.#sandbox.abort(error)
    this.failed(error)
  }

  #end(outcome: Outcome): void {
    if (this.#over) return
    this.#over = true
    idleWatch.delete(this)
    const event = this.#event
    event.memoryTouchedBytes = this.#pool.release(this.#sandbox).pagesRestored * 4096
    event.settle(outcome)
  }
}
