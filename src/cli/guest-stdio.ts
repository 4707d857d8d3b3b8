// cli/guest-stdio.ts: this process's standard streams as a guest's.
import {fstatSync, readSync, writeSync} from 'node:fs'
import {isatty} from 'node:tty'
import type {OutputSink} from '../wasi/cli/stdio.ts'
import {CLOSED} from '../wasi/errors.ts'
import {Pipe} from '../wasi/io/pipe.ts'
import {DONE} from '../wasi/io/signal.ts'
import type {InputStream} from '../wasi/io/streams.ts'

/** How long to wait for a reader that takes no more now. */
const FULL_MS = 5

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** Writes at once and in order; throws the system's error when nobody reads any more. */
export const processOutput = (fd: 1 | 2): OutputSink => ({
  write(bytes) {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(fd, bytes, done)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        Atomics.wait(sleeper, 0, 0, FULL_MS)
      }
    }
  },
})

export type ProcessInput = Readonly<{
  stream: InputStream
  /** Lets go of the descriptor, which would keep the process alive. */
  close(): void
}>

/** Nothing is read before the guest asks: what it leaves belongs to whoever reads next. */
export function processInput(): ProcessInput {
  return answersAtOnce() ? {stream: fileInput(), close: () => undefined} : streamedInput()
}

/** Files and devices do, terminals, pipes and sockets do not. */
function answersAtOnce(): boolean {
  try {
    const stats = fstatSync(0)
    return stats.isFile() || (stats.isCharacterDevice() && !isatty(0))
  } catch {
    return false
  }
}

function fileInput(): InputStream {
  return {
    ready: () => true,
    whenReady: () => DONE,
    read(max) {
      const bytes = new Uint8Array(max)
      const length = readSync(0, bytes)
      return length === 0 && max > 0 ? CLOSED : {tag: 'ok', val: bytes.subarray(0, length)}
    },
  }
}

function streamedInput(): ProcessInput {
  const pipe = new Pipe()
  let started = false
  const start = (): InputStream => {
    if (!started) {
      started = true
      const {stdin} = process
      stdin.on('data', (chunk: Buffer) => {
        pipe.write(chunk)
        if (pipe.room > 0) return
        stdin.pause()
        pipe.whenWritable().then(() => stdin.resume())
      })
      stdin.on('end', () => pipe.close())
      stdin.on('error', error => pipe.abort({debugString: error.message}))
    }
    return pipe.input
  }
  return {
    stream: {
      ready: () => start().ready(),
      whenReady: () => start().whenReady(),
      read: max => start().read(max),
    },
    close() {
      if (started) process.stdin.destroy()
    },
  }
}
