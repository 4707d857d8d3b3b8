// wasi/io/poll.ts: wasi:io/poll, the one place where a guest waits for several things.
import {blockingFunction, hostFunction, hostResource} from '../../engine/link/imports.ts'
import {StateKey, type Store} from '../../engine/store.ts'
import {trap} from '../errors.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {Signal} from './signal.ts'
import type {Pollable} from './streams.ts'

/** A pollable for a stream or another thing that outlives it: dropping the pollable leaves the thing alone. */
export class Subscription implements Pollable {
  readonly source: Pollable

  constructor(source: Pollable) {
    this.source = source
  }

  ready(): boolean {
    return this.source.ready()
  }

  whenReady(): Promise<void> {
    return this.source.whenReady()
  }
}

/** A pollable that is always ready: for files, and for what has failed already. */
export const ALWAYS_READY: Pollable = {ready: () => true, whenReady: () => Promise.resolve()}

/** Waits until `pollable` is ready: undefined at once when it is, else a promise. */
export function untilReady(pollable: Pollable): Promise<void> | undefined {
  return pollable.ready() ? undefined : waitFor(pollable)
}

/** Lets others run once; for waiting on what said that it was ready and was not. */
export const turn = (): Promise<void> => new Promise<void>(resolve => setImmediate(resolve))

async function waitFor(pollable: Pollable): Promise<void> {
  while (!pollable.ready()) await pollable.whenReady()
}

/**
 * Pollables that somebody listens to already, and who is told when one of them may have become ready.
 * A pollable is listened to once however often it is polled, else a guest that polls the same never-ready
 * pollable a million times would hold a million listeners.
 */
type Watch = {readonly armed: Set<Pollable>; readonly woken: Signal}

const WATCH = new StateKey<Watch>(() => ({armed: new Set(), woken: new Signal()}))

/** A guest that polls what is always ready, and so never waits, would hear of nothing else: the network is heard of in turns. */
const MAX_AT_ONCE = 64

/** How many polls were answered at once since the guest last waited. */
const AT_ONCE = new StateKey<{polls: number}>(() => ({polls: 0}))

/** The indices of those that are ready; undefined where none is. */
function readyOf(pollables: readonly Pollable[]): number[] | undefined {
  let found: number[] | undefined
  for (let i = 0; i < pollables.length; i++)
    if (pollables[i]!.ready()) {
      if (found === undefined) found = [i]
      else found.push(i)
    }
  return found
}

function arm(watch: Watch, pollable: Pollable): void {
  // Subscriptions come and go with every poll; what they are for stays.
  if (pollable instanceof Subscription) pollable = pollable.source
  if (watch.armed.has(pollable)) return
  watch.armed.add(pollable)
  pollable.whenReady().then(() => {
    watch.armed.delete(pollable)
    watch.woken.fire()
  })
}

async function waitForAny(watch: Watch, pollables: readonly Pollable[]): Promise<number[]> {
  for (;;) {
    for (const pollable of pollables) arm(watch, pollable)
    await watch.woken.wait()
    const found = readyOf(pollables)
    if (found !== undefined) return found
  }
}

function poll(store: Store, pollables: readonly Pollable[]): number[] | Promise<number[]> {
  if (pollables.length === 0) throw trap('poll was called with an empty list, which would wait for ever')
  const atOnce = store.state(AT_ONCE)
  const found = readyOf(pollables)
  if (found !== undefined && ++atOnce.polls < MAX_AT_ONCE) return found
  atOnce.polls = 0
  return found === undefined ? waitForAny(store.state(WATCH), pollables) : afterTurn(pollables, found)
}

async function afterTurn(pollables: readonly Pollable[], found: number[]): Promise<number[]> {
  await turn()
  return readyOf(pollables) ?? found
}

export const pollInterface: NamedInterface = wasiInterface('io/poll', {
  pollable: hostResource<Pollable>((_, pollable) => pollable.drop?.()),
  '[method]pollable.ready': hostFunction((_, pollable: Pollable) => pollable.ready()),
  '[method]pollable.block': blockingFunction((_, pollable: Pollable) => untilReady(pollable)),
  poll: blockingFunction(poll),
})
