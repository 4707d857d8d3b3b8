// server/port.ts: whether a port can be had, asked before workers share it.
import {createServer} from 'node:net'
import {MayflyError} from '../base/errors.ts'
import {compileAddressPattern} from './node-flags.ts'

/** How many ports --find-free-port tries, as Spin does. */
const TRIES = 10

/** Workers on one port need SO_REUSEPORT with the kernel spreading connections over them. */
export const canShareListening = (platform: NodeJS.Platform = process.platform): boolean =>
  platform === 'linux'

/**
 * Makes sure that nobody holds the port; with `findFree`, takes the next free one above it. Port 0 stays 0.
 * Sharing hides a second server on the same port, so the question is asked without it.
 * @throws PORT_IN_USE, PORT_DENIED, PORT_UNAVAILABLE
 */
export async function settlePort(
  options: Readonly<{host: string; port: number; findFree: boolean}>,
): Promise<number> {
  const {host, port, findFree} = options
  if (port === 0) return 0
  compileAddressPattern()
  const last = findFree ? Math.min(port + TRIES - 1, 65_535) : port
  for (let candidate = port; ; candidate++) {
    try {
      await tryPort(host, candidate)
      return candidate
    } catch (error) {
      const failure = listenError(error, host, candidate)
      const retry = failure?.code === 'PORT_IN_USE' || (findFree && failure?.code === 'PORT_DENIED')
      if (!retry || candidate >= last) throw failure ?? error
    }
  }
}

function tryPort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({host, port, exclusive: true}, () => server.close(() => resolve()))
  })
}

/** The table's error for a failed `listen`; undefined when it is something else. */
export function listenError(error: unknown, host: string, port: number): MayflyError | undefined {
  const {code} = error as NodeJS.ErrnoException
  const options = {cause: error}
  switch (code) {
    case 'EADDRINUSE':
      return new MayflyError('PORT_IN_USE', {host, port}, options)
    case 'EACCES':
    case 'EPERM':
      return new MayflyError('PORT_DENIED', {host, port}, options)
    case 'EADDRNOTAVAIL':
      return new MayflyError(
        'PORT_UNAVAILABLE',
        {host, port, reason: 'this machine has no such address'},
        options,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new MayflyError('PORT_UNAVAILABLE', {host, port, reason: 'the name has no address'}, options)
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return new MayflyError(
        'PORT_UNAVAILABLE',
        {host, port, reason: 'the address is of a kind that this machine does not have'},
        options,
      )
    default:
      return undefined
  }
}
