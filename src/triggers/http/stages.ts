// triggers/http/stages.ts: requests of one turn are all parsed, then all run, then all answered.
//
// Each stage finds its own code and data in the caches: measured, this is worth twice the throughput. It must not lend one
// guest's slowness to the others, so a turn is bounded in count and time, and guests known to run long go last.

/** How long the guests of one component keep the thread, as a moving average. */
export type Pace = {averageMs: number}

export interface Staged {
  readonly pace: Pace
  /** Runs the guest until it ends or first waits. */
  run(): void
  /** Writes what there is to answer by now. */
  reply(): void
}

export type StageLimits = Readonly<{
  /** Guests that run before the replies of the finished ones are written. */
  maxCount: number
  /** The same in time. */
  budgetMs: number
  /** A guest that usually keeps the thread longer than this runs after the others' replies. */
  slowMs: number
}>

export const DEFAULT_STAGE_LIMITS: StageLimits = {maxCount: 256, budgetMs: 4, slowMs: 2}

const WEIGHT = 1 / 8

export class Stages {
  readonly #limits: StageLimits
  readonly #now: () => number
  #queue: Staged[] = []
  #slow: Staged[] = []
  #replies: Staged[] = []
  #scheduled = false
  #draining = false

  constructor(limits: StageLimits = DEFAULT_STAGE_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  /** Takes a parsed request; it runs when all of this turn are parsed. */
  enqueue(event: Staged): void {
    this.#queue.push(event)
    this.#schedule()
  }

  /** `event` has something to write: it does so when all guests of this turn have run. */
  replyLater(event: Staged): void {
    this.#replies.push(event)
    if (!this.#draining) this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#drain)
  }

  readonly #drain = (): void => {
    this.#scheduled = false
    this.#draining = true
    const {maxCount, budgetMs, slowMs} = this.#limits
    const started = this.#now()
    let now = started

    const queue = this.#queue
    this.#queue = []
    let at = 0
    while (at < queue.length && at < maxCount && now - started <= budgetMs) {
      const event = queue[at++]!
      if (event.pace.averageMs > slowMs) this.#slow.push(event)
      else now = this.#run(event, now)
    }
    if (at < queue.length) this.#queue = queue.slice(at).concat(this.#queue)
    this.#writeReplies()

    // One at least, so that a steady stream of quick guests starves no slow one.
    while (this.#slow.length > 0) {
      now = this.#run(this.#slow.shift()!, this.#now())
      this.#writeReplies()
      if (now - started > budgetMs) break
    }
    this.#draining = false
    if (this.#queue.length > 0 || this.#slow.length > 0 || this.#replies.length > 0) this.#schedule()
  }

  #run(event: Staged, started: number): number {
    event.run()
    const ended = this.#now()
    const {pace} = event
    pace.averageMs += (ended - started - pace.averageMs) * WEIGHT
    return ended
  }

  #writeReplies(): void {
    if (this.#replies.length === 0) return
    const replies = this.#replies
    this.#replies = []
    for (let i = 0; i < replies.length; i++) replies[i]!.reply()
  }
}
