// wasi/p3/http/contents.ts: what a message carries: its bytes, then its trailers or why there will be no more bytes.

import {ok, type Result} from '../../../base/result.ts'
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import type {LazyPromise} from '../../../engine/async/lazy-promise.ts'
import type {ErrorCode} from '../../http/error-code.ts'
import type {Fields} from '../../http/fields.ts'
import type {IncomingBody} from '../../http/incoming-body.ts'

export type Trailers = Result<Fields | undefined, ErrorCode>
export type Transmitted = Result<undefined, ErrorCode>

export const SENT: Transmitted = ok(undefined)

/** Contents that a guest has given: `stream` is unset where there are no bytes. `sent` tells it what became of them. */
export type GuestContents = Readonly<{
  kind: 'guest'
  stream: GuestStream | undefined
  trailers: Promise<Trailers>
  sent: LazyPromise<Transmitted>
}>

/** Contents that come from the network; opened when somebody wants them. */
export type HostContents = Readonly<{
  kind: 'host'
  open: () => IncomingBody | undefined
  /** Nobody wants them. */
  release: () => void
  sent?: LazyPromise<Transmitted>
}>

export type Contents = GuestContents | HostContents
