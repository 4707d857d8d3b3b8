import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ok} from '../../base/result.ts'
import {caller, text, unwrap, utf8} from '../fixture.ts'
import {ioInterfaces} from '../io/io.ts'
import {Pipe} from '../io/pipe.ts'
import {type CliConfig, cliInterfaces} from './cli.ts'
import {GuestExit, guestExit} from './exit.ts'

const guestWith = (config?: CliConfig) => caller([...cliInterfaces(config), ...ioInterfaces()])

test('environment, arguments and directory are what was configured', () => {
  const guest = guestWith({environment: () => [['A', '1']], args: () => ['app', 'x'], cwd: '/work'})
  assert.deepEqual(guest.call('cli/environment', 'get-environment'), [['A', '1']])
  assert.deepEqual(guest.call('cli/environment', 'get-arguments'), ['app', 'x'])
  assert.equal(guest.call('cli/environment', 'initial-cwd'), '/work')
})

test('by default there is nothing', () => {
  const guest = guestWith()
  assert.deepEqual(guest.call('cli/environment', 'get-environment'), [])
  assert.deepEqual(guest.call('cli/environment', 'get-arguments'), [])
  assert.equal(guest.call('cli/environment', 'initial-cwd'), undefined)
  const stdin = guest.call('cli/stdin', 'get-stdin')
  assert.deepEqual(guest.call('io/streams', '[method]input-stream.blocking-read', stdin, 1n), {
    tag: 'err',
    val: {tag: 'closed'},
  })
  const stdout = guest.call('cli/stdout', 'get-stdout')
  assert.deepEqual(
    guest.call('io/streams', '[method]output-stream.blocking-write-and-flush', stdout, utf8('lost')),
    ok(undefined),
  )
  for (const name of ['stdin', 'stdout', 'stderr'])
    assert.equal(guest.call(`cli/terminal-${name}`, `get-terminal-${name}`), undefined)
})

test('what is printed reaches its sink at once, with the event it came from; large prints in pieces', () => {
  const printed: string[] = []
  const sink = (name: string) => ({
    write: (bytes: Uint8Array, store: unknown) => {
      assert.equal(store, guest.store)
      printed.push(`${name} ${bytes.length < 10 ? text(bytes) : bytes.length}`)
    },
  })
  const guest = guestWith({stdout: sink('out'), stderr: sink('err')})
  const print = (name: string, bytes: Uint8Array) => {
    const stream = guest.call(`cli/${name}`, `get-${name}`)
    guest.call('io/streams', '[method]output-stream.blocking-write-and-flush', stream, bytes)
    guest.drop('io/streams', 'output-stream', stream)
  }
  print('stdout', utf8('hello'))
  print('stderr', utf8('oops'))
  print('stdout', utf8('again'))
  print('stdout', new Uint8Array(100_000))
  assert.deepEqual(printed, ['out hello', 'err oops', 'out again', 'out 65536', 'out 34464'])
})

test('stdin is the stream of the event', () => {
  const pipe = new Pipe()
  pipe.write(utf8('typed'))
  const guest = guestWith({stdin: () => pipe.input})
  const stdin = guest.call('cli/stdin', 'get-stdin')
  assert.equal(text(unwrap(guest.call('io/streams', '[method]input-stream.read', stdin, 9n))), 'typed')
})

for (const [item, argument, code] of [
  ['exit', {tag: 'ok', val: undefined}, 0],
  ['exit', {tag: 'err', val: undefined}, 1],
  ['exit-with-code', 42, 42],
] as const)
  test(`${item} ends the guest with status ${code}`, () => {
    assert.throws(
      () => guestWith().call('cli/exit', item, argument),
      (thrown: unknown) => {
        assert.ok(thrown instanceof GuestExit)
        assert.equal(guestExit(new Error('wrapped', {cause: thrown}))?.statusCode, code)
        return true
      },
    )
  })

test('other errors are no exit', () => {
  assert.equal(guestExit(new Error('trap')), undefined)
  assert.equal(guestExit('thrown'), undefined)
})
