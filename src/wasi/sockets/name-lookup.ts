// wasi/sockets/name-lookup.ts: wasi:sockets/ip-name-lookup, by the system's resolver.
import dns from 'node:dns'
import {domainToASCII} from 'node:url'
import {ok, type Result} from '../../base/result.ts'
import {hostFunction, hostResource} from '../../engine/link/imports.ts'
import {StateKey, type Store} from '../../engine/store.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {Subscription} from '../io/poll.ts'
import {DONE, Signal} from '../io/signal.ts'
import type {Pollable} from '../io/streams.ts'
import {type IpAddress, parseIp} from './address.ts'
import {type ErrorCode, errorCodeOf, fails} from './error-code.ts'
import type {SocketGrants} from './grants.ts'

/** Looking up occupies the process's few threads: one event must not take them all. */
const MAX_RUNNING = 4

const RUNNING = new StateKey<{count: number}>(() => ({count: 0}))

/** wasi:sockets/ip-name-lookup resolve-address-stream. */
class Addresses implements Pollable {
  #found: IpAddress[] | undefined
  #failure: ErrorCode | undefined
  #next = 0
  readonly #changed = new Signal()

  resolved(found: IpAddress[]): void {
    this.#found = found
    this.#changed.fire()
  }

  failed(code: ErrorCode): void {
    this.#failure = code
    this.#changed.fire()
  }

  next(): Result<IpAddress | undefined, ErrorCode> {
    if (this.#failure !== undefined) return fails(this.#failure)
    return this.#found === undefined ? fails('would-block') : ok(this.#found[this.#next++])
  }

  ready(): boolean {
    return this.#found !== undefined || this.#failure !== undefined
  }

  whenReady(): Promise<void> {
    return this.ready() ? DONE : this.#changed.wait()
  }
}

/** `name` as it is looked up; undefined when it is no name. */
function asciiName(name: string): string | undefined {
  // `domainToASCII` would stop at a slash, and take '0x7f.1' for the address that it is to some resolvers.
  if (!/^[\p{L}\p{M}\p{N}_.-]+$/u.test(name)) return undefined
  const ascii = domainToASCII(name)
  return ascii.length <= 253 && /[a-z_]/.test(ascii) && !ascii.includes('..') ? ascii : undefined
}

export function lookUp(store: Store, grants: SocketGrants, name: string): Result<Addresses, ErrorCode> {
  const addresses = new Addresses()
  const literal = parseIp(name.replace(/^\[(.*)\]$/, '$1'))
  if (literal !== undefined) {
    addresses.resolved([literal])
    return ok(addresses)
  }
  const ascii = asciiName(name)
  if (ascii === undefined) return fails('invalid-argument')
  if (!grants.allowsName(ascii, store)) return fails('access-denied')
  const running = store.state(RUNNING)
  if (running.count >= MAX_RUNNING) return fails('temporary-resolver-failure')
  running.count++
  dns.lookup(ascii, {all: true, order: 'verbatim'}, (error, found) => {
    running.count--
    if (error !== null) addresses.failed(errorCodeOf(error))
    else addresses.resolved(found.flatMap(({address}) => parseIp(address) ?? []))
  })
  return ok(addresses)
}

export const nameLookupInterface = (grants: SocketGrants): NamedInterface =>
  wasiInterface('sockets/ip-name-lookup', {
    'resolve-addresses': hostFunction((store, _network, name: string) => lookUp(store, grants, name)),
    'resolve-address-stream': hostResource<Addresses>(),
    '[method]resolve-address-stream.resolve-next-address': hostFunction((_, self: Addresses) => self.next()),
    '[method]resolve-address-stream.subscribe': hostFunction((_, self: Addresses) => new Subscription(self)),
  })
