// triggers/http/guest.ts: the border between the HTTP trigger and whatever runs guests.
import type {MayflyError} from '../../base/errors.ts'
import type {StackFunction} from '../../engine/link/stacks.ts'
import type {IncomingRequest, RequestSource} from '../../wasi/http/incoming-message.ts'
import type {ResponseOutparam} from '../../wasi/http/outgoing-message.ts'
import type {Outcome} from '../trigger.ts'

/** One request for one guest. `request` and `responseOut` are passed to incoming-handler.handle as own handles. */
export interface HttpEvent extends RequestSource {
  /** The component's id. */
  readonly component: string
  readonly request: IncomingRequest
  readonly responseOut: ResponseOutparam
  /** The client has gone: there is nobody to answer. */
  readonly aborted: boolean
  /** Set by the guest's runner. */
  runner: EventRunner | undefined
  /** Set by the guest's runner for the log: 'fresh', 'restored' … */
  sandbox: string
  memoryTouchedBytes: number
  /** The guest reports an error of its own: logged with the request and, in development, shown in place of a 5xx answer. */
  fail(error: MayflyError): void
  /** Called before `settle` when the guest was stopped from outside: the calls that led to it will never go on. */
  interrupted(): void
  /** Called once by the guest's runner when the guest's call has ended, before or after its answer went out. */
  settle(outcome: Outcome): void
}

/**
 * What runs the guest on one event. An object with methods, not closures that are made for each event: what those
 * capture was measured to outlive the event until V8's next full collection.
 */
export interface EventRunner {
  /** Called at most once, when the client goes while the guest runs. */
  clientGone(): void
}

/** Runs guests of one component. */
export interface HttpGuest {
  /**
   * Runs the guest on `event` until it ends or first waits; or gives the call that does, for the caller to run by
   * engine/link/stacks.ts before anything else. Never throws: everything goes through `event.settle`.
   */
  run(event: HttpEvent): StackFunction | undefined
}
