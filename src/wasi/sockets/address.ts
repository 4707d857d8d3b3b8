// wasi/sockets/address.ts: wasi:sockets/network's addresses, and the same as text.
import {isIPv4, isIPv6} from 'node:net'

export type Family = 'ipv4' | 'ipv6'
/** Four bytes, or eight groups of 16 bits. */
export type IpAddress = Readonly<{tag: Family; val: readonly number[]}>
export type Ipv4SocketAddress = Readonly<{port: number; address: readonly number[]}>
export type Ipv6SocketAddress = Readonly<{
  port: number
  flowInfo: number
  address: readonly number[]
  scopeId: number
}>
export type SocketAddress =
  | Readonly<{tag: 'ipv4'; val: Ipv4SocketAddress}>
  | Readonly<{tag: 'ipv6'; val: Ipv6SocketAddress}>

/** Without the scope; IPv6 in full: '0:0:0:0:0:0:0:1'. */
export const ipText = ({tag, val}: SocketAddress): string =>
  tag === 'ipv4' ? val.address.join('.') : val.address.map(group => group.toString(16)).join(':')

/** As the system takes it: with the scope. */
export const hostText = (address: SocketAddress): string =>
  address.tag === 'ipv6' && address.val.scopeId !== 0
    ? `${ipText(address)}%${address.val.scopeId}`
    : ipText(address)

function groupsOf(text: string): number[] {
  const dotted = text.lastIndexOf('.') < 0 ? undefined : text.slice(text.lastIndexOf(':') + 1)
  if (dotted !== undefined) {
    const [a, b, c, d] = dotted.split('.').map(Number) as [number, number, number, number]
    text = `${text.slice(0, -dotted.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  }
  const [head = '', tail] = text.split('::')
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map(group => Number.parseInt(group, 16))
  const before = parse(head)
  if (tail === undefined) return before
  const after = parse(tail)
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

/** Reads a numeric address; undefined for anything else. The scope is left out. */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return {tag: 'ipv4', val: text.split('.').map(Number)}
  const bare = text.split('%', 1)[0]!
  return isIPv6(bare) ? {tag: 'ipv6', val: groupsOf(bare)} : undefined
}

/** What Node tells of a socket's end, as WASI's address. */
export function socketAddressOf(ip: string, port: number): SocketAddress {
  const address = parseIp(ip) ?? {tag: 'ipv4', val: [0, 0, 0, 0]}
  if (address.tag === 'ipv4') return {tag: 'ipv4', val: {port, address: address.val}}
  const scope = Number(ip.split('%')[1] ?? 0)
  return {
    tag: 'ipv6',
    val: {port, flowInfo: 0, address: address.val, scopeId: Number.isInteger(scope) ? scope : 0},
  }
}

export const isUnspecified = ({val}: SocketAddress): boolean => val.address.every(part => part === 0)

/** An IPv4 address in IPv6 clothes (mapped, or the old compatible kind): it would get around what was said of IPv4. */
function isDisguisedIpv4({tag, val}: SocketAddress): boolean {
  if (tag === 'ipv4' || !val.address.slice(0, 5).every(group => group === 0)) return false
  const [sixth, seventh, eighth] = val.address.slice(5) as [number, number, number]
  if (sixth === 0xffff) return true
  return sixth === 0 && (seventh !== 0 || eighth > 1)
}

function isMulticast({tag, val}: SocketAddress): boolean {
  const first = val.address[0]!
  return tag === 'ipv4' ? first >= 224 : first >> 8 === 0xff
}

/** Whether a socket of `family` may be bound to `address`. */
export const isBindable = (family: Family, address: SocketAddress): boolean =>
  address.tag === family && !isDisguisedIpv4(address) && !isMulticast(address)

/** Whether a socket of `family` may have `address` for its peer. */
export const isPeer = (family: Family, address: SocketAddress): boolean =>
  isBindable(family, address) && !isUnspecified(address) && address.val.port !== 0

export const isSameAddress = (a: SocketAddress, b: SocketAddress): boolean =>
  a.val.port === b.val.port && ipText(a) === ipText(b)
