import assert from 'node:assert/strict'
import {once} from 'node:events'
import {type AddressInfo, createServer} from 'node:net'
import {describe, test} from 'node:test'
import {MayflyError} from '../base/errors.ts'
import {canShareListening, listenError, settlePort} from './port.ts'

const host = '127.0.0.1'

async function holding<T>(options: {reusePort?: boolean}, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer().listen({host, port: 0, ...options})
  await once(server, 'listening')
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

describe('settlePort', () => {
  test('leaves port 0 to the kernel', async () =>
    assert.equal(await settlePort({host, port: 0, findFree: false}), 0))

  test('gives a free port back, unheld', async () => {
    const port = await holding({}, async port => port)
    assert.equal(await settlePort({host, port, findFree: false}), port)
    assert.equal(await settlePort({host, port, findFree: false}), port)
  })

  test('names a port in use', () =>
    holding({}, port =>
      assert.rejects(settlePort({host, port, findFree: false}), (error: unknown) => {
        assert(error instanceof MayflyError)
        assert.equal(error.code, 'PORT_IN_USE')
        assert.match(error.message, new RegExp(`${port}`))
        assert.match(error.hint!, /--find-free-port/)
        return true
      }),
    ))

  test('sees a port that others share', {skip: !canShareListening()}, () =>
    holding({reusePort: true}, port =>
      assert.rejects(settlePort({host, port, findFree: false}), {code: 'PORT_IN_USE'}),
    ),
  )

  test('finds the next free one', () =>
    holding({}, async port => {
      const found = await settlePort({host, port, findFree: true})
      assert(found > port && found < port + 10, `${found} is near ${port}`)
    }))

  test('says when the address is not ours', () =>
    // TEST-NET-1 of RFC 5737: nobody's.
    assert.rejects(settlePort({host: '192.0.2.1', port: 1024, findFree: false}), {code: 'PORT_UNAVAILABLE'}))
})

test('what listen refuses', () => {
  const cases = {
    EADDRINUSE: 'PORT_IN_USE',
    EACCES: 'PORT_DENIED',
    EADDRNOTAVAIL: 'PORT_UNAVAILABLE',
    ENOTFOUND: 'PORT_UNAVAILABLE',
    EINVAL: 'PORT_UNAVAILABLE',
    EMFILE: undefined,
  }
  for (const [code, expected] of Object.entries(cases)) {
    assert.equal(listenError(Object.assign(new Error(code), {code}), host, 80)?.code, expected)
  }
})
