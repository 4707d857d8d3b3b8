// engine/turns.ts: tasks in turns of the event loop of their own.
//
// Guest code runs in tasks only, and a guest that is stopped takes its whole turn down with it: what node meant to do in
// the same round of immediates would be lost. So there is never more than one immediate of ours, and the next one is
// asked for before a task runs.

import {Queue} from '../base/queue.ts'

export type Task = () => void

export class Turns {
  readonly #tasks = new Queue<Task>()
  #scheduled = false
  /** Has `run` called in a turn that nothing else shares. An immediate does, where all immediates are ours. */
  schedule: (run: () => void) => void = setImmediate

  /** Runs `task` in a turn of its own, after those that wait already. */
  add(task: Task): void {
    this.#tasks.push(task)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.schedule(this.#run)
  }

  readonly #run = (): void => {
    this.#scheduled = false
    const task = this.#tasks.take()
    if (!this.#tasks.empty) this.#schedule()
    task?.()
  }
}

/** The event loop's: one per thread. */
export const turns = new Turns()
