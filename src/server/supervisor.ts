// server/supervisor.ts: worker processes: started, replaced when they die, stopped together.
import type {ChildProcess} from 'node:child_process'
import {MayflyError} from '../base/errors.ts'
import type {ListenOptions, Server} from './app.ts'
import {type FromWorker, fromPlainErrors, type ToWorker} from './protocol.ts'

export type SupervisorOptions = Readonly<{
  workers: number
  /** Starts a process that calls `runWorker`, with an IPC channel of 'advanced' serialization. */
  fork: (worker: number) => ChildProcess
  /** One line about a worker that died or was replaced. */
  log: (line: string) => void
  /** How long to wait before the n-th replacement in a row (from 0). */
  backoffMs?: (attempt: number) => number
  /** How long the first worker serves alone; with 0 the others are forked as soon as it serves. */
  aloneMs?: number
}>

export interface Supervisor<Description> {
  /**
   * Makes all workers serve `description`; resolves when the first accepts requests. One of the others that cannot is
   * tried again.
   * @throws what the first worker says, or WORKER_DIED; then no worker is left
   */
  start(options: Readonly<{description: Description; listen: ListenOptions}>): Promise<Server<Description>>
  kill(): void
}

/** A worker that lived this long was not part of a row of crashes. */
const STEADY_MS = 30_000
/** A first event runs code for the first time, which takes as long as to start. */
const ALONE_MS = 250
const DEFAULT_BACKOFF = (attempt: number): number => Math.min(10_000, 100 * 2 ** attempt)
/** What a worker gets beyond the grace time to end by itself. */
const LAST_CALL_MS = 1_000

type Slot<Description> = {
  worker: number
  child: ChildProcess
  /** What it serves, or was started with. */
  description: Description | undefined
  /** It serves the version of all. Until then only `join` speaks to it, from then on only the server. */
  ready: boolean
  crashes: number
  readySince: number
  /** Resolves the one reload that is under way in it. */
  settleReload: ((outcome: unknown) => void) | undefined
}

/**
 * Forks the first worker at once, so that it comes up while the app is still being prepared, and the others when it has
 * served for a moment: at the same time they would only keep it, and its first events, waiting.
 */
export function superviseWorkers<Description>(options: SupervisorOptions): Supervisor<Description> {
  const {log, fork, backoffMs = DEFAULT_BACKOFF, aloneMs = ALONE_MS} = options
  const slots: Slot<Description>[] = []
  let description: Description
  let listen: ListenOptions | undefined
  let ending = false
  let reloads = 0

  const send = (slot: Slot<Description>, message: ToWorker<Description>): void => {
    // A closed channel is no error here: the exit event follows.
    if (slot.child.connected) slot.child.send(message, () => {})
  }
  const startSlot = (slot: Slot<Description>): Promise<number> => {
    const {child} = slot
    slot.description = description
    const result = new Promise<number>((resolve, reject) => {
      child.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve(message.port)
        else if (message.kind === 'failed' && message.number === undefined)
          reject(fromPlainErrors(message.errors))
      })
      child.once('error', error => reject(died(slot, error.message)))
      child.once('exit', (code, signal) => reject(died(slot, cause(code, signal))))
      // It may have ended while the app was being prepared.
      if (child.exitCode !== null || child.signalCode !== null)
        reject(died(slot, cause(child.exitCode, child.signalCode)))
      else if (child.pid === undefined) reject(died(slot, 'it could not be spawned'))
    })
    send(slot, {kind: 'start', options: {description, listen: listen!, worker: slot.worker}})
    return result
  }
  const watch = (slot: Slot<Description>): void => {
    const {child} = slot
    // Without a listener a failed spawn would end the supervisor.
    child.on('error', () => {})
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'reloaded') slot.settleReload?.(undefined)
      else if (message.kind === 'failed' && message.number !== undefined) {
        slot.settleReload?.(fromPlainErrors(message.errors))
      }
    })
    child.once('exit', (code, signal) => {
      // Its replacement is there already.
      if (slot.child !== child) return
      const wasReady = slot.ready
      slot.ready = false
      // Whoever starts one that is not ready hears of its end, and replaces it.
      slot.settleReload?.(wasReady ? undefined : died(slot, cause(code, signal)))
      if (!wasReady || ending) return
      if (performance.now() - slot.readySince > STEADY_MS) slot.crashes = 0
      log(`worker ${slot.worker} (process ${child.pid}) died: ${cause(code, signal)}`)
      replace(slot)
    })
  }
  const replace = (slot: Slot<Description>): void => {
    const delay = backoffMs(slot.crashes++)
    setTimeout(async () => {
      if (ending) return
      slot.child = fork(slot.worker)
      watch(slot)
      if (await join(slot)) log(`worker ${slot.worker} is back (process ${slot.child.pid})`)
    }, delay)
  }
  /** Serves beside the others; false where it could not, and will be replaced. */
  const join = async (slot: Slot<Description>): Promise<boolean> => {
    try {
      await startSlot(slot)
      // The app changed while this worker came up with the version before.
      while (slot.description !== description) await reloadSlot(slot, description)
      markReady(slot)
      return true
    } catch (error) {
      if (ending) return false
      log(`worker ${slot.worker} could not be started: ${(error as Error).message}`)
      slot.child.kill('SIGKILL')
      replace(slot)
      return false
    }
  }
  const markReady = (slot: Slot<Description>): void => {
    slot.ready = true
    slot.readySince = performance.now()
  }
  const reloadSlot = async (slot: Slot<Description>, next: Description): Promise<void> => {
    const failure = await new Promise<unknown>(resolve => {
      slot.settleReload = resolve
      send(slot, {kind: 'reload', number: ++reloads, description: next})
    })
    slot.settleReload = undefined
    if (failure !== undefined) throw failure
    slot.description = next
  }
  /** Those that serve another version than `wanted`. */
  const readyWithout = (wanted: Description): Slot<Description>[] =>
    slots.filter(slot => slot.ready && slot.description !== wanted)
  const kill = (): void => {
    ending = true
    for (const {child} of slots) child.kill('SIGKILL')
  }

  const addSlot = (): Slot<Description> => {
    const worker = slots.length
    const child = fork(worker)
    const slot: Slot<Description> = {
      worker,
      child,
      description: undefined,
      ready: false,
      crashes: 0,
      readySince: 0,
      settleReload: undefined,
    }
    slots.push(slot)
    watch(slot)
    return slot
  }
  const first = addSlot()
  const addOthers = (): void => {
    while (!ending && slots.length < options.workers) void join(addSlot())
  }

  const server = (port: number): Server<Description> => ({
    port,
    async reload(next) {
      // Again for those that became ready meanwhile with the version before.
      for (let behind = readyWithout(next); behind.length > 0; behind = readyWithout(next)) {
        const outcomes = await Promise.allSettled(behind.map(slot => reloadSlot(slot, next)))
        const failed = outcomes.find(outcome => outcome.status === 'rejected')
        if (failed === undefined) continue
        // All or none: the workers that took the new version go back to the old one, if need be by a replacement.
        await Promise.all(
          readyWithout(description).map(slot =>
            reloadSlot(slot, description).catch(() => slot.child.kill('SIGKILL')),
          ),
        )
        throw failed.reason
      }
      description = next
    },
    async stop({graceMs}) {
      ending = true
      await Promise.all(
        slots.map(async slot => {
          if (slot.child.exitCode !== null || slot.child.signalCode !== null) return
          const gone = new Promise<void>(resolve => slot.child.once('exit', () => resolve()))
          const timer = setTimeout(() => slot.child.kill('SIGKILL'), graceMs + LAST_CALL_MS)
          send(slot, {kind: 'stop', graceMs})
          await gone
          clearTimeout(timer)
        }),
      )
    },
    kill,
  })

  return {
    kill,
    async start(start) {
      description = start.description
      listen = start.listen
      try {
        // If the kernel chose its port, that is the port of all.
        const port = await startSlot(first)
        markReady(first)
        listen = {...listen, port}
        if (aloneMs === 0) addOthers()
        else setTimeout(addOthers, aloneMs).unref()
        return server(port)
      } catch (error) {
        kill()
        throw error
      }
    },
  }
}

const cause = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exit code ${code}` : `signal ${signal}`

const died = (slot: Slot<any>, reason: string): MayflyError =>
  new MayflyError('WORKER_DIED', {worker: slot.worker, reason})
