// engine/store.ts: what belongs to one sandbox while it handles one event: the capabilities' state.

/** A place for one capability's state; made once per process, so that finding it is an array access. */
export class StateKey<T> {
  static #count = 0
  readonly index: number = StateKey.#count++
  readonly create: (store: Store) => T
  /** Runs when the event ends, before the sandbox is restored. Must not throw. */
  readonly dispose: ((state: T, store: Store) => void) | undefined

  constructor(create: (store: Store) => T, dispose?: (state: T, store: Store) => void) {
    this.create = create
    this.dispose = dispose
  }
}

/** One per sandbox, emptied after every event. Capabilities reach their state of this event through it. */
export class Store {
  /** The component's id in its app; empty where there is none. */
  readonly component: string
  readonly #states: unknown[] = []
  readonly #keys: StateKey<any>[] = []

  constructor(component = '') {
    this.component = component
  }

  /** The event's state for `key`, made at first use. */
  state<T>(key: StateKey<T>): T {
    const found = this.#states[key.index]
    if (found !== undefined) return found as T
    const made = key.create(this)
    this.#states[key.index] = made
    this.#keys.push(key)
    return made
  }

  /** The same where it has been made. */
  stateIfAny<T>(key: StateKey<T>): T | undefined {
    return this.#states[key.index] as T | undefined
  }

  /** Sets the event's state before the guest runs (a trigger hands over its event so). */
  provide<T>(key: StateKey<T>, state: T): void {
    if (this.#states[key.index] === undefined) this.#keys.push(key)
    this.#states[key.index] = state
  }

  /** Ends the event: disposes every state, newest first. */
  clear(): void {
    for (let key = this.#keys.pop(); key !== undefined; key = this.#keys.pop()) {
      const state = this.#states[key.index]
      this.#states[key.index] = undefined
      key.dispose?.(state, this)
    }
  }
}
