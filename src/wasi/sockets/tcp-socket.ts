// wasi/sockets/tcp-socket.ts: the TCP socket of 0.2, whose operations are started, waited for and finished.
import {ok, type Result} from '../../base/result.ts'
import {DONE, Signal} from '../io/signal.ts'
import type {InputStream, OutputStream, Pollable} from '../io/streams.ts'
import type {SocketAddress} from './address.ts'
import {type ErrorCode, errorCodeOf, fails} from './error-code.ts'
import {TcpEndpoint} from './tcp-endpoint.ts'
import type {TcpListener} from './tcp-listener.ts'
import {TcpInput, TcpOutput} from './tcp-streams.ts'

type Operation = 'bind' | 'connect' | 'listen'
type Streams = readonly [InputStream, OutputStream]
type Done = Result<undefined, ErrorCode>

/**
 * The states that only 0.2 has, `bind-in-progress` and so on, are those of an operation that was started and not finished.
 * @see TcpSocketOperationalSemantics.md of WASI 0.2
 */
export class TcpSocket extends TcpEndpoint implements Pollable {
  #operation: Operation | undefined
  #listener: TcpListener<TcpSocket> | undefined
  #input: TcpInput | undefined
  #output: TcpOutput | undefined
  readonly #changed = new Signal()

  /** The operation is in progress if it could be started; one at a time. */
  #start<T>(operation: Operation, begin: () => Result<T, ErrorCode>): Result<T, ErrorCode> {
    if (this.#operation !== undefined) return fails('concurrency-conflict')
    const begun = begin()
    if (begun.tag === 'ok') this.#operation = operation
    return begun
  }

  /** Why the operation cannot be finished now; else it is no longer in progress. */
  #finish(operation: Operation): ErrorCode | undefined {
    if (this.#operation !== operation) return 'not-in-progress'
    if (!this.ready()) return 'would-block'
    this.#operation = undefined
    return undefined
  }

  /** The system binds at once, so what it says is told here. */
  startBind(local: SocketAddress): Done {
    return this.#start('bind', () => this.bind(local))
  }

  finishBind(): Done {
    const unfinished = this.#finish('bind')
    return unfinished === undefined ? ok(undefined) : fails(unfinished)
  }

  startConnect(remote: SocketAddress): Done {
    const begun = this.#start('connect', () => this.open(remote))
    if (begun.tag === 'err') return begun
    const changed = (): void => this.#changed.fire()
    begun.val.on('connect', changed).on('error', changed)
    return ok(undefined)
  }

  finishConnect(): Result<Streams, ErrorCode> {
    const unfinished = this.#finish('connect')
    if (unfinished !== undefined) return fails(unfinished)
    const {errored} = this.socket!
    if (errored !== null) {
      this.state = 'closed'
      return fails(errorCodeOf(errored))
    }
    this.state = 'connected'
    return ok(this.#streams())
  }

  #streams(): Streams {
    this.use()
    this.use()
    this.#input = new TcpInput(this.socket!, () => this.drop())
    this.#output = new TcpOutput(this.socket!, () => this.drop())
    return [this.#input, this.#output]
  }

  startListen(): Done {
    const begun = this.#start('listen', () =>
      this.listenFor(accepted => new TcpSocket(this.owner, this.family, accepted)),
    )
    if (begun.tag === 'err') return begun
    this.#listener = begun.val
    return ok(undefined)
  }

  finishListen(): Done {
    const unfinished = this.#finish('listen')
    if (unfinished !== undefined) return fails(unfinished)
    const listener = this.#listener!
    if (listener.isListening) return ok(undefined)
    this.state = 'closed'
    const failed = listener.take()
    return failed.tag === 'err' ? failed : fails('unknown')
  }

  accept(): Result<readonly [TcpSocket, ...Streams], ErrorCode> {
    if (!this.isListening) return fails('invalid-state')
    const taken = this.#listener!.take()
    if (taken.tag === 'err') return taken
    const accepted = taken.val
    if (accepted.socket!.destroyed) {
      accepted.drop()
      return fails('connection-aborted')
    }
    return ok([accepted, ...accepted.#streams()])
  }

  /** "Pollable readiness": that of the operation in progress, or of the next connection. */
  ready(): boolean {
    if (this.#operation === 'connect') return !this.socket!.connecting
    if (this.#operation === 'listen' && this.#listener!.isListening) return true
    return this.#listener?.ready() ?? true
  }

  whenReady(): Promise<void> {
    if (this.ready()) return DONE
    return this.#listener?.whenReady() ?? this.#changed.wait()
  }

  /** Bound, listening: only what is finished counts. */
  override localAddress(): Result<SocketAddress, ErrorCode> {
    return this.#operation === 'bind' ? fails('invalid-state') : super.localAddress()
  }

  override get isListening(): boolean {
    return super.isListening && this.#operation === undefined
  }

  shutdown(type: 'receive' | 'send' | 'both'): Done {
    if (this.state !== 'connected') return fails('invalid-state')
    if (type !== 'send') this.#input!.close()
    if (type !== 'receive') this.#output!.close()
    return ok(undefined)
  }
}
