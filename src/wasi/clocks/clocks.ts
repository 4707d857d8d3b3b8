// wasi/clocks/clocks.ts: the package wasi:clocks.
import type {Clock} from '../../base/ports.ts'
import {hostFunction} from '../../engine/link/imports.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {timerAt} from './timer.ts'

export type ClocksConfig = Readonly<{
  clock: Clock
  /** The step of both clocks, in nanoseconds. */
  resolutionNs?: bigint
}>

/** wasi:clocks/wall-clock datetime. */
export type Datetime = Readonly<{seconds: bigint; nanoseconds: number}>

const SECOND = 1_000_000_000n

/** Nanoseconds since the epoch as a datetime; before it, the epoch, for WASI has no earlier time. */
export const datetimeOf = (ns: bigint): Datetime =>
  ns < 0n ? {seconds: 0n, nanoseconds: 0} : {seconds: ns / SECOND, nanoseconds: Number(ns % SECOND)}

/** wasi:clocks/system-clock instant, which may be before the epoch. */
export type Instant = Datetime

/** Nanoseconds since the epoch as an instant: the nanoseconds count forwards always. */
export function instantOf(ns: bigint): Instant {
  const nanoseconds = ((ns % SECOND) + SECOND) % SECOND
  return {seconds: (ns - nanoseconds) / SECOND, nanoseconds: Number(nanoseconds)}
}

/** Every call asks the clock anew: an event never sees a time that stands still. */
export function clocksInterfaces(config: ClocksConfig): readonly NamedInterface[] {
  const {clock, resolutionNs = 1n} = config
  const resolution = datetimeOf(resolutionNs)

  return [
    wasiInterface('clocks/monotonic-clock', {
      now: hostFunction(() => clock.monotonicNs()),
      resolution: hostFunction(() => resolutionNs),
      'subscribe-instant': hostFunction((store, when: bigint) => timerAt(store, clock, when)),
      'subscribe-duration': hostFunction((store, when: bigint) =>
        timerAt(store, clock, clock.monotonicNs() + when),
      ),
    }),
    wasiInterface('clocks/wall-clock', {
      now: hostFunction(() => datetimeOf(clock.wallNs())),
      resolution: hostFunction(() => resolution),
    }),
    // A sandbox lives nowhere: its time zone is UTC, which is what WASI says of a zone that cannot be told.
    wasiInterface('clocks/timezone', {
      display: hostFunction(() => ({utcOffset: 0, name: 'UTC', inDaylightSavingTime: false})),
      'utc-offset': hostFunction(() => 0),
    }),
  ]
}
