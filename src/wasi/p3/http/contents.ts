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
  headers: Fields
  stream: GuestStream | undefined
  trailers: Promise<Trailers>
  sent: LazyPromise<Transmitted>
}>

/** A message as it came from the network: what it carries is opened when somebody wants it. */
export type Incoming = Readonly<{
  headers: Fields
  consume: () => IncomingBody | undefined
  /** Nobody wants them. */
  release: () => void
}>

export type HostContents = Readonly<{
  kind: 'host'
  incoming: Incoming
  sent?: LazyPromise<Transmitted>
}>

export type Contents = GuestContents | HostContents
