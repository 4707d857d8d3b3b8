// wasi/p3/http/request-options.ts: request-options: durations in nanoseconds, unset where the guest leaves them to us.
import {err, ok, type Result} from '../../../base/result.ts'

export type OptionsError = Readonly<{tag: 'immutable'}>
export type Timeout = 'connectTimeout' | 'firstByteTimeout' | 'betweenBytesTimeout'

const IMMUTABLE = err<OptionsError>({tag: 'immutable'})
const DONE: Result<undefined, never> = ok(undefined)

export class RequestOptions {
  connectTimeout: bigint | undefined
  firstByteTimeout: bigint | undefined
  betweenBytesTimeout: bigint | undefined
  /** Set once a request has it. */
  immutable = false

  set(name: Timeout, duration: bigint | undefined): Result<undefined, OptionsError> {
    if (this.immutable) return IMMUTABLE
    this[name] = duration
    return DONE
  }

  /** A mutable copy. */
  clone(): RequestOptions {
    const copy = new RequestOptions()
    copy.connectTimeout = this.connectTimeout
    copy.firstByteTimeout = this.firstByteTimeout
    copy.betweenBytesTimeout = this.betweenBytesTimeout
    return copy
  }
}
