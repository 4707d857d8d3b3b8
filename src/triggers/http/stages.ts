// triggers/http/stages.ts: requests of one turn are all parsed, then all run, then all answered.
//
// Each stage finds its own code and data in the caches: measured, this is worth twice the throughput. It must not lend one
// guest's slowness to the others, so a turn is bounded in count and time, and guests known to run long go last.

import {Queue} from '../../base/queue.ts'
import {type StackFunction, stacks} from '../../engine/link/stacks.ts'
import {turns} from '../../engine/turns.ts'

/** How long the guests of one component keep the thread, as a moving average. */
export type Pace = {averageMs: number}

export interface Staged {
  readonly pace: Pace
  /** Runs the guest until it ends or first waits; or gives the call that does. */
  run(): StackFunction | undefined
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

/** So many rounds of the event loop guests wait for connections, in a row. */
const MOST_HELD = 64

/** What runs is taken from the queues first, so that nothing else is lost with a guest that is stopped. */
export class Stages {
  readonly #limits: StageLimits
  readonly #now: () => number
  readonly #queue = new Queue<Staged>()
  readonly #slow = new Queue<Staged>()
  readonly #replies = new Queue<Staged>()
  #scheduled = false
  #draining = false
  /** A connection has come since the last turn; how many turns in a row were held for one. */
  #connecting = false
  #held = 0
  /** Of the turn under way. */
  #startedMs = 0
  #count = 0
  /** The guest that runs, since when. */
  #running: Staged | undefined
  #sinceMs = 0

  constructor(limits: StageLimits = DEFAULT_STAGE_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  /** Takes a parsed request; it runs when all of this turn are parsed. */
  enqueue(event: Staged): void {
    this.#queue.push(event)
    this.#schedule()
  }

  /**
   * A connection has come. The event loop accepts one in a round only, and others may have come with it: with a turn of
   * guests in each round the last of them would wait long. So the turn waits until no more come.
   */
  connected(): void {
    this.#connecting = true
  }

  /** `event` has something to write: it does so when all guests of this turn have run. */
  replyLater(event: Staged): void {
    this.#replies.push(event)
    if (!this.#draining) this.#schedule()
  }

  /** Resolves when all requests that wait now have begun to run: this one does not overtake a slow one. */
  begun(): Promise<void> {
    return new Promise(resolve => {
      this.enqueue({pace: {averageMs: Number.MAX_VALUE}, run: () => void resolve(), reply() {}})
    })
  }

  /** A guest was stopped, and the turn it ran in with it: goes on with the rest. */
  restart(): void {
    this.#draining = false
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    turns.add(this.#drain)
  }

  readonly #drain = (): void => {
    this.#scheduled = false
    if (this.#connecting && this.#held < MOST_HELD) {
      this.#connecting = false
      this.#held++
      this.#schedule()
      return
    }
    this.#held = 0
    this.#draining = true
    this.#running = undefined
    this.#count = 0
    this.#startedMs = this.#sinceMs = this.#now()

    stacks.run(this.#next)
    this.#writeReplies()

    // One at least, so that a steady stream of quick guests starves no slow one.
    for (let event = this.#slow.take(); event !== undefined; event = this.#slow.take()) {
      this.#sinceMs = this.#now()
      stacks.runOne(this.#run(event))
      this.#ran()
      this.#writeReplies()
      if (this.#sinceMs - this.#startedMs > this.#limits.budgetMs) break
    }
    this.#draining = false
    if (!this.#queue.empty || !this.#slow.empty || !this.#replies.empty) this.#schedule()
  }

  /** The next quick guest's call, as long as the turn lasts. */
  readonly #next = (): StackFunction | undefined => {
    const {maxCount, budgetMs, slowMs} = this.#limits
    for (;;) {
      this.#ran()
      if (this.#count >= maxCount || this.#sinceMs - this.#startedMs > budgetMs) return undefined
      const event = this.#queue.take()
      if (event === undefined) return undefined
      this.#count++
      if (event.pace.averageMs > slowMs) {
        this.#slow.push(event)
        continue
      }
      const call = this.#run(event)
      if (call !== undefined) return call
    }
  }

  #run(event: Staged): StackFunction | undefined {
    this.#running = event
    return event.run()
  }

  /** The guest that ran has ended or waits. */
  #ran(): void {
    if (this.#running === undefined) return
    const {pace} = this.#running
    this.#running = undefined
    const now = this.#now()
    pace.averageMs += (now - this.#sinceMs - pace.averageMs) * WEIGHT
    this.#sinceMs = now
  }

  #writeReplies(): void {
    for (let event = this.#replies.take(); event !== undefined; event = this.#replies.take()) event.reply()
  }
}
