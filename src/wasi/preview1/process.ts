// wasi/preview1/process.ts: proc_exit, proc_raise, sched_yield, random_get.
import {GuestExit} from '../cli/exit.ts'
import {trap} from '../errors.ts'
import {fail} from './errno.ts'
import {type Preview1Function, plain} from './function.ts'
import {type Guest, reach} from './guest.ts'

/** Exit codes from 126 on belong to shells and signals; wasmtime refuses them, too. */
const MAX_EXIT_CODE = 125

/** More at once is no key, and would keep the host busy. */
const MAX_RANDOM = 64 * 1024 * 1024

export const processFunctions: Readonly<Record<string, Preview1Function>> = {
  proc_exit: {
    ...plain('i', (_: Guest, code: number) => {
      if (code > MAX_EXIT_CODE) throw trap(`the exit code ${code | 0} is not between 0 and ${MAX_EXIT_CODE}`)
      throw new GuestExit(code)
    }),
    result: undefined,
  },
  proc_raise: plain('i', () => fail('notsup')),
  sched_yield: plain('', () => undefined),
  random_get: plain('ii', (guest: Guest, ptr: number, length: number) => {
    const {u8} = reach(guest, ptr, length)
    if (length > MAX_RANDOM) fail('nomem')
    u8.set(guest.world.random.bytes(length), ptr)
    return undefined
  }),
}
