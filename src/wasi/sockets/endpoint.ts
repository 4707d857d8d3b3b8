// wasi/sockets/endpoint.ts: what every socket of a guest is, of either protocol, in 0.2 and 0.3.
import {ok, type Result} from '../../base/result.ts'
import type {Store} from '../../engine/store.ts'
import {type Family, ipText, isBindable, isPeer, type SocketAddress} from './address.ts'
import {type ErrorCode, fails} from './error-code.ts'
import type {SocketGrants, SocketUse} from './grants.ts'
import {keep, type Live, mayOpen} from './live.ts'
import type {OptionValue, WithOptions} from './options.ts'

/** Whose socket it is, and what that one may do. */
export type Owner = Readonly<{store: Store; grants: SocketGrants}>

export abstract class Endpoint implements WithOptions, Live {
  readonly owner: Owner
  readonly family: Family
  readonly options: Record<string, OptionValue>
  /** The handle, and the streams made from it: the system's socket ends when the guest has dropped them all. */
  #users = 1
  readonly #end: () => void

  constructor(owner: Owner, family: Family, options: Readonly<Record<string, OptionValue>>) {
    this.owner = owner
    this.family = family
    this.options = {...options}
    this.#end = keep(owner.store, this)
  }

  allows(use: SocketUse, address: SocketAddress): boolean {
    const {grants, store} = this.owner
    return grants.allowsAddress(use, {ip: ipText(address), port: address.val.port}, store)
  }

  /** Why it may not be bound to `local`, if so. */
  refusesLocal(use: SocketUse, local: SocketAddress): ErrorCode | undefined {
    if (!isBindable(this.family, local)) return 'invalid-argument'
    return this.allows(use, local) ? undefined : 'access-denied'
  }

  /** Why it may not have `remote` for its peer, if so. */
  refusesPeer(use: SocketUse, remote: SocketAddress): ErrorCode | undefined {
    if (!isPeer(this.family, remote)) return 'invalid-argument'
    return this.allows(use, remote) ? undefined : 'access-denied'
  }

  /** One stream more hangs on it. */
  use(): void {
    this.#users++
  }

  drop(): void {
    if (--this.#users === 0) this.#end()
  }

  abstract applied(): void
  abstract destroy(): void
}

/** A new socket, where the event may have one more. */
export const openEndpoint = <T extends Endpoint>(
  Kind: new (owner: Owner, family: Family) => T,
  owner: Owner,
  family: Family,
): Result<T, ErrorCode> => (mayOpen(owner.store) ? ok(new Kind(owner, family)) : fails('new-socket-limit'))
