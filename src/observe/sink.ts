// observe/sink.ts: text on its way to a file descriptor, without ever making an event wait.
import {closeSync, write, writeSync} from 'node:fs'

export interface Sink {
  /** Takes text; whole lines, where lines of several processes meet in one file. */
  write(text: string): void
  /** Writes what waits, at once: for a process that is about to end without time to `close`. */
  flushSync(): void
  /** Resolves when everything is written, or nobody reads it any more; closes the descriptor if it is the sink's own. */
  close(): Promise<void>
}

export type SinkOptions = Readonly<{
  /** What is written within this time goes out together. Default 20. */
  flushMs?: number
  /** Text beyond this many UTF-16 units waiting for a slow reader is dropped, and the loss is noted. Default 4 Mi. */
  maxPending?: number
  /** The descriptor is closed with the sink. */
  owned?: boolean
  /** How long `close` waits for a reader that takes nothing. Default 1000. */
  closeMs?: number
}>

/** How soon a full pipe is asked again. */
const RETRY_MS = 10

/** One write is under way at a time; what comes meanwhile waits in memory. A reader that went away ends the writing. */
export function fdSink(fd: number, options: SinkOptions = {}): Sink {
  const {flushMs = 20, maxPending = 4 << 20, owned = false, closeMs = 1_000} = options
  let pending = ''
  let lost = 0
  let inFlight = false
  let timer: NodeJS.Timeout | undefined
  let broken = false
  let whenIdle: (() => void) | undefined

  const takePending = (): Buffer => {
    if (lost > 0) pending += `(${lost} pieces of output were lost: nobody read them fast enough)\n`
    const bytes = Buffer.from(pending)
    pending = ''
    lost = 0
    return bytes
  }
  const idle = (): void => {
    if (pending !== '' && !broken) schedule(0)
    else whenIdle?.()
  }
  const schedule = (ms: number): void => {
    timer ??= setTimeout(flush, ms).unref()
  }
  const flush = (): void => {
    timer = undefined
    if (!inFlight && !broken && pending !== '') send(takePending())
  }
  const send = (bytes: Buffer): void => {
    inFlight = true
    write(fd, bytes, (error, written) => {
      if (error === null && written < bytes.length) send(bytes.subarray(written))
      else if (error?.code === 'EAGAIN' && !broken) setTimeout(send, RETRY_MS, bytes).unref()
      else {
        inFlight = false
        if (error !== null) broken = true
        idle()
      }
    })
  }
  const flushSync = (): void => {
    clearTimeout(timer)
    timer = undefined
    let rest = takePending()
    for (let attempts = 0; rest.length > 0 && !broken && attempts < 100; attempts++) {
      try {
        rest = rest.subarray(writeSync(fd, rest))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') broken = true
      }
    }
  }

  return {
    write(text) {
      if (broken) return
      if (pending.length + text.length > maxPending) {
        lost++
        return
      }
      pending += text
      schedule(flushMs)
    },
    flushSync,
    async close() {
      clearTimeout(timer)
      flush()
      if (inFlight) {
        await new Promise<void>(resolve => {
          const limit = setTimeout(resolve, closeMs)
          whenIdle = () => {
            clearTimeout(limit)
            resolve()
          }
        })
      }
      broken = true
      // A write still under way in the thread pool must not hit a descriptor that was given to someone else meanwhile.
      if (owned && !inFlight) closeSync(fd)
    },
  }
}
