// engine/limits/idle-watch.ts: ends events that wait for too long without anything happening.

export interface Idler {
  /** When it began to wait, in milliseconds of `performance.now()`. */
  readonly waitingSinceMs: number
  readonly idleLimitMs: number
  /** It waited too long. */
  idled(): void
}

/** One per process. Waiting events are looked at once a second at most: the limit is coarse, and costs nothing. */
export class IdleWatch {
  readonly #waiting = new Set<Idler>()
  #timer: NodeJS.Timeout | undefined

  add(idler: Idler): void {
    this.#waiting.add(idler)
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#look(), Math.max(10, Math.min(1000, idler.idleLimitMs / 4)))
    this.#timer.unref()
  }

  delete(idler: Idler): void {
    this.#waiting.delete(idler)
  }

  #look(): void {
    const now = performance.now()
    for (const idler of this.#waiting) {
      if (now - idler.waitingSinceMs < idler.idleLimitMs) continue
      this.#waiting.delete(idler)
      idler.idled()
    }
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

export const idleWatch = new IdleWatch()
