// wasi/sockets/keep-alive.ts: the options of a connection that is kept alive, as Node takes them.
import type {OptionValue} from './options.ts'

const NS_PER_SECOND = 1_000_000_000n
/** What Linux takes; with one value beyond it, none of them would count. WASI lets a host clamp and round. */
const MAX_SECONDS = 32_767n
const MAX_COUNT = 127

function wholeSecondsMs(ns: bigint): number {
  const seconds = ns / NS_PER_SECOND
  return Number(seconds < 1n ? 1n : seconds > MAX_SECONDS ? MAX_SECONDS : seconds) * 1000
}

/** The arguments of `setKeepAlive`: whether at all; milliseconds until the first probe, and between them; how many. */
export const keepAliveOf = (
  options: Readonly<Record<string, OptionValue>>,
): [isOn: boolean, idleMs: number, intervalMs: number, count: number] => [
  options['keep-alive-enabled'] as boolean,
  wholeSecondsMs(options['keep-alive-idle-time'] as bigint),
  wholeSecondsMs(options['keep-alive-interval'] as bigint),
  Math.min(options['keep-alive-count'] as number, MAX_COUNT),
]
