// wasi/sockets/grants.ts: who may talk to whom. Decided elsewhere, from the app's manifest; asked here, every time.
import type {Store} from '../../engine/store.ts'

/** `tcp-bind`: to take connections, or to choose where own ones come from. */
export type SocketUse = 'tcp-bind' | 'tcp-connect' | 'udp-bind' | 'udp-connect' | 'udp-send'

/** `ip` is numeric and never an IPv4 address in IPv6 clothes. IPv6 is written in full: '2001:db8:0:0:0:0:0:1'. */
export type SocketPeer = Readonly<{ip: string; port: number}>

export interface SocketGrants {
  allowsAddress(use: SocketUse, peer: SocketPeer, store: Store): boolean
  /** Whether `name` may be looked up; connecting to what it gives is asked for apart. */
  allowsName(name: string, store: Store): boolean
}

/** Sockets may be made, and reach nobody. */
export const GRANT_NOTHING: SocketGrants = {allowsAddress: () => false, allowsName: () => false}

/** Grants everything, for tests and tools that run the user's own programs. */
export const GRANT_ALL: SocketGrants = {allowsAddress: () => true, allowsName: () => true}
