// triggers/http/exchange-context.ts: what the exchanges of one server share.
import type {RequestObserver} from '../../observe/request-record.ts'
import type {HttpGuest} from './guest.ts'
import type {Pace, Stages} from './stages.ts'

/** A component as a route's target. */
export type ComponentTarget = Readonly<{kind: 'component'; component: string; guest: HttpGuest; pace: Pace}>

/** What all exchanges of one server share. */
export type ExchangeContext = {
  readonly stages: Stages
  readonly observer: RequestObserver | undefined
  /** Development: a failure's text is shown to the client. */
  readonly showErrors: boolean
  readonly scheme: 'http' | 'https'
  readonly now: () => number
  /** The server closes: connections are not kept alive. */
  closing: boolean
  /** Exchanges whose answer or guest is not finished. */
  openCount: number
  /** Guests that work on after their answer went out. */
  readonly lingering: Set<{abandon(): void}>
  onIdle: (() => void) | undefined
}
