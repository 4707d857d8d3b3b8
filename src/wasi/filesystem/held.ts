// wasi/filesystem/held.ts: what an event holds open; whatever it does, all is closed when it ends.
import {StateKey, type Store} from '../../engine/store.ts'
import {Fault} from './error-code.ts'

/** Something that occupies descriptors of the process. */
export interface Held {
  /** Must not throw. */
  close(): void
}

/** Descriptors are the whole process's: one event must not take them all. */
const MAX_HELD = 1024

const HELD = new StateKey<Set<Held>>(
  () => new Set(),
  held => {
    for (const one of held) one.close()
    held.clear()
  },
)

/** Keeps `one` open until `release`, or until the event ends. Closes it at once when the event holds too many. */
export function hold<T extends Held>(store: Store, one: T): T {
  const held = store.state(HELD)
  if (held.size >= MAX_HELD) {
    one.close()
    throw new Fault('quota')
  }
  held.add(one)
  return one
}

/** Closes `one`, once. */
export function release(store: Store, one: Held): void {
  if (store.state(HELD).delete(one)) one.close()
}
