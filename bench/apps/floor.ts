// bench/apps/floor.ts: node:http alone, the most that anything on it can reach: no routing, no sandbox, no guest.
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end('hello world\n')
})
server.listen(0, '127.0.0.1', () => {
  console.log(`Serving http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
