// wasi/preview1/clocks.ts: clock_res_get, clock_time_get.
import {CLOCK} from './constants.ts'
import {fail} from './errno.ts'
import {type Preview1Function, plain} from './function.ts'
import {type Guest, reach} from './guest.ts'

/** What a guest computes is not told apart from what its host does: the processor clocks are not there. */
function checkClock(id: number): void {
  if (id === CLOCK.processCputime || id === CLOCK.threadCputime) fail('badf')
  if (id > CLOCK.threadCputime) fail('inval')
}

export const clockFunctions: Readonly<Record<string, Preview1Function>> = {
  clock_res_get: plain('ii', (guest: Guest, id: number, out: number) => {
    const {view} = reach(guest, out, 8)
    checkClock(id)
    view.setBigUint64(out, guest.world.config.resolutionNs ?? 1n, true)
    return undefined
  }),
  clock_time_get: plain('iIi', (guest: Guest, id: number, _precision: bigint, out: number) => {
    const {view} = reach(guest, out, 8)
    checkClock(id)
    const {clock} = guest.world.config
    view.setBigUint64(out, id === CLOCK.realtime ? clock.wallNs() : clock.monotonicNs(), true)
    return undefined
  }),
}
