// server/testing/fake-app.ts: an app without guests, whose description says how it behaves.
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {MayflyError} from '../../base/errors.ts'
import type {StartApp} from '../app.ts'

export type FakeDescription = Readonly<{
  /** Part of every answer. */
  text: string
  /** The worker that cannot start or take this version. */
  failsIn?: number
  /** The worker whose process ends while it starts. */
  exitsIn?: number
}>

/** GET / answers 'worker:text:pid'; /slow does so after 300 ms; /crash ends the process; /hang never answers. */
export const startFakeApp: StartApp<FakeDescription> = async ({description, listen, worker}) => {
  const check = (next: FakeDescription): void => {
    if (next.exitsIn === worker) process.exit(9)
    if (next.failsIn === worker)
      throw new MayflyError('SOURCE_UNKNOWN', {path: next.text}, {at: {file: 'app', line: 3}})
  }
  check(description)
  let current = description
  const server = createServer((request, response) => {
    const answer = (): unknown => response.end(`${worker}:${current.text}:${process.pid}`)
    if (request.url === '/crash') process.exit(7)
    else if (request.url === '/slow') setTimeout(answer, 300)
    else if (request.url !== '/hang') answer()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({host: listen.host, port: listen.port, reusePort: listen.reusePort}, () => resolve())
  })
  return {
    port: (server.address() as AddressInfo).port,
    async reload(next) {
      check(next)
      current = next
    },
    async stop({graceMs}) {
      const timer = setTimeout(() => server.closeAllConnections(), graceMs)
      await new Promise<void>(resolve => server.close(() => resolve()))
      clearTimeout(timer)
    },
  }
}
