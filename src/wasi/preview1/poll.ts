// wasi/preview1/poll.ts: poll_oneoff.
import type {GuestMemory} from '../../engine/abi/memory.ts'
import {timerAt} from '../clocks/timer.ts'
import {statsOf} from '../filesystem/descriptor.ts'
import {ALWAYS_READY, pollInterface} from '../io/poll.ts'
import type {Pollable} from '../io/streams.ts'
import {CLOCK, EVENT_FD_READWRITE_HANGUP, EVENTTYPE, SUBSCRIPTION_CLOCK_ABSTIME} from './constants.ts'
import {fail} from './errno.ts'
import type {Entry} from './fd-table.ts'
import {type Completion, type Preview1Function, waiting} from './function.ts'
import {type Guest, reach} from './guest.ts'

/** witx: subscription has size 48, event 32; both alignment 8. */
const SUBSCRIPTION_BYTES = 48
const EVENT_BYTES = 32
/** More than an event may have descriptors, by far. */
const MAX_SUBSCRIPTIONS = 4096

type Subscription = Readonly<{
  userdata: bigint
  type: number
  pollable: Pollable
  /** Of a descriptor. */
  entry: Entry | undefined
}>

const pollItem = pollInterface[1].get('poll') as {call: (...args: any[]) => unknown}

function readSubscription(guest: Guest, {view}: GuestMemory, at: number): Subscription {
  const userdata = view.getBigUint64(at, true)
  const type = view.getUint8(at + 8)
  if (type === EVENTTYPE.clock)
    return {userdata, type, pollable: clockPollable(guest, view, at + 16), entry: undefined}
  if (type > EVENTTYPE.fdWrite) fail('inval')
  const entry = guest.files.get(view.getUint32(at + 16, true))
  return {userdata, type, pollable: entryPollable(entry, type), entry}
}

function clockPollable(guest: Guest, view: DataView, at: number): Pollable {
  const id = view.getUint32(at, true)
  const timeout = view.getBigUint64(at + 8, true)
  const flags = view.getUint16(at + 24, true)
  if (id > CLOCK.monotonic || flags > SUBSCRIPTION_CLOCK_ABSTIME) fail('inval')
  const {clock} = guest.world.config
  const instant = flags === 0 ? clock.monotonicNs() + timeout : absolute(id, timeout)
  return timerAt(guest.store, clock, instant)

  function absolute(id: number, timeout: bigint): bigint {
    return id === CLOCK.monotonic ? timeout : clock.monotonicNs() + timeout - clock.wallNs()
  }
}

/** Files and outputs keep nobody waiting. */
function entryPollable(entry: Entry, type: number): Pollable {
  if (entry.kind === 'file') return ALWAYS_READY
  if (entry.kind === 'output' && type === EVENTTYPE.fdWrite) return ALWAYS_READY
  if (entry.kind === 'input' && type === EVENTTYPE.fdRead) return entry.stream ?? ALWAYS_READY
  return fail('badf')
}

/** How many bytes can be read or written: for files what is left, else at least one. */
function bytesReady({type, entry}: Subscription): bigint {
  if (entry?.kind !== 'file' || type === EVENTTYPE.fdWrite) return entry === undefined ? 0n : 1n
  const stats = statsOf(entry.descriptor)
  const size = 'kind' in stats ? 0n : stats.size
  return size > entry.position ? size - entry.position : 0n
}

function writeEvent({view, u8}: GuestMemory, at: number, subscription: Subscription): void {
  const {userdata, type} = subscription
  const bytes = bytesReady(subscription)
  u8.fill(0, at, at + EVENT_BYTES)
  view.setBigUint64(at, userdata, true)
  view.setUint8(at + 10, type)
  view.setBigUint64(at + 16, bytes, true)
  if (type === EVENTTYPE.fdRead && bytes === 0n) view.setUint16(at + 24, EVENT_FD_READWRITE_HANGUP, true)
}

function pollOneoff(
  guest: Guest,
  input: number,
  output: number,
  count: number,
  out: number,
): undefined | Promise<Completion> {
  const memory = reach(guest, out, 4)
  reach(guest, input, count * SUBSCRIPTION_BYTES)
  reach(guest, output, count * EVENT_BYTES)
  if (count === 0 || count > MAX_SUBSCRIPTIONS) fail('inval')
  const subscriptions: Subscription[] = []
  for (let i = 0; i < count; i++)
    subscriptions.push(readSubscription(guest, memory, input + i * SUBSCRIPTION_BYTES))

  const finish = (ready: readonly number[]): undefined => {
    const {memory} = guest
    for (let i = 0; i < ready.length; i++)
      writeEvent(memory, output + i * EVENT_BYTES, subscriptions[ready[i]!]!)
    memory.view.setUint32(out, ready.length, true)
    for (const {entry, pollable} of subscriptions) if (entry === undefined) pollable.drop?.()
  }
  const ready = pollItem.call(
    guest.store,
    subscriptions.map(({pollable}) => pollable),
  ) as readonly number[] | Promise<readonly number[]>
  return ready instanceof Promise ? ready.then(found => () => finish(found)) : finish(ready)
}

export const pollFunctions: Readonly<Record<string, Preview1Function>> = {
  poll_oneoff: waiting('iiii', pollOneoff),
}
