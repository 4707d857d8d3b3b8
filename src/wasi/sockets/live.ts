// wasi/sockets/live.ts: what an event has open on the network; all of it ends with the event.
import {StateKey, type Store} from '../../engine/store.ts'

export interface Live {
  destroy(): void
}

/** Sockets are the whole process's: one event must not take them all. */
const MAX_LIVE = 128

const LIVE = new StateKey<Set<Live>>(
  () => new Set(),
  live => {
    for (const one of live) one.destroy()
    live.clear()
  },
)

/** Whether the event may open one more. */
export const mayOpen = (store: Store): boolean => store.state(LIVE).size < MAX_LIVE

export function keep<T extends Live>(store: Store, one: T): T {
  store.state(LIVE).add(one)
  return one
}

/** Ends `one`, once. */
export function end(store: Store, one: Live): void {
  if (store.state(LIVE).delete(one)) one.destroy()
}
