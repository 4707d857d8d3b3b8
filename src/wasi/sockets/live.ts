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
    for (const one of live) end(live, one)
  },
)

/** Once, though it may be asked for by another that ends. */
function end(live: Set<Live>, one: Live): void {
  if (live.delete(one)) one.destroy()
}

/** Whether the event may open one more. */
export const mayOpen = (store: Store): boolean => store.state(LIVE).size < MAX_LIVE

/** Keeps `one` until the event is over, or until what is returned is called. */
export function keep(store: Store, one: Live): () => void {
  const live = store.state(LIVE)
  live.add(one)
  return () => end(live, one)
}
