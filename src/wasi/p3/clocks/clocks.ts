// wasi/p3/clocks/clocks.ts: the package wasi:clocks at 0.3, without the time zones that are not stable yet.
import type {Clock} from '../../../base/ports.ts'
import {blockingFunction, hostFunction} from '../../../engine/link/imports.ts'
import type {Store} from '../../../engine/store.ts'
import {type ClocksConfig, instantOf} from '../../clocks/clocks.ts'
import {timerAt} from '../../clocks/timer.ts'
import {type NamedInterface, p3Interface} from '../../interface.ts'

/** Every call asks the clock anew: an event never sees a time that stands still. */
export function clocksInterfaces({clock, resolutionNs = 1n}: ClocksConfig): readonly NamedInterface[] {
  const waitUntil = (store: Store, when: bigint): undefined | Promise<void> => until(store, clock, when)
  return [
    p3Interface('clocks/monotonic-clock', {
      now: hostFunction(() => clock.monotonicNs(), 'func() -> u64'),
      'get-resolution': hostFunction(() => resolutionNs, 'func() -> u64'),
      'wait-until': blockingFunction(waitUntil, 'async func(u64)'),
      'wait-for': blockingFunction(
        (store, howLong: bigint) => waitUntil(store, clock.monotonicNs() + howLong),
        'async func(u64)',
      ),
    }),
    p3Interface('clocks/system-clock', {
      now: hostFunction(() => instantOf(clock.wallNs()), 'func() -> record{seconds: s64, nanoseconds: u32}'),
      'get-resolution': hostFunction(() => resolutionNs, 'func() -> u64'),
    }),
  ]
}

/** Resolves at an instant of the monotonic clock; a guest that cancels the wait costs no timer. */
function until(store: Store, clock: Clock, instant: bigint): undefined | Promise<void> {
  const timer = timerAt(store, clock, instant)
  if (timer.ready()) return undefined
  const wait = async (): Promise<void> => {
    while (!timer.ready()) await timer.whenReady()
  }
  return Object.assign(wait(), {cancel: () => timer.drop?.()})
}
