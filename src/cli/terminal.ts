// cli/terminal.ts: the process's own terminal.
import {writeSync} from 'node:fs'
import type {Environment} from './args.ts'
import type {Terminal} from './command.ts'

export function processTerminal(): Terminal {
  const colored = (stream: {isTTY?: boolean}): boolean => wantsColor(stream.isTTY === true, process.env)
  return {
    out: text => writeAll(1, text),
    err: text => writeAll(2, text),
    color: {
      get out() {
        return colored(process.stdout)
      },
      get err() {
        return colored(process.stderr)
      },
    },
    env: process.env,
    cwd: process.cwd(),
  }
}

/** Colours are for terminals, and for nobody who says NO_COLOR (no-color.org). */
export function wantsColor(isTty: boolean, env: Environment): boolean {
  if (env['NO_COLOR']) return false
  return isTty && env['TERM'] !== 'dumb'
}

/** Writes at once, so that nothing is lost when the process ends; a reader that went away is no error. */
function writeAll(fd: 1 | 2, text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
    }
  }
}
