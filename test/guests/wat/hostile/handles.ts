// guests/wat/hostile/handles.ts: handles used after they are gone, twice, or that were never given.

import {componentText} from '../component.ts'
import {answers, type HostileGuest, handler, RESPOND_OK, traps} from './case.ts'

const BAD = traps('TRAP_BAD_HANDLE')

/** All small numbers, and those where a table's arithmetic may go wrong. */
const GUESSES = [
  ...Array.from({length: 101}, (_, index) => index),
  ...[255, 256, 65535, 65536, 2 ** 20, 2 ** 28 - 1, 2 ** 28, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1],
].map(handle => `/${handle}`)

const guess = (name: string, about: string, use: string): HostileGuest => ({
  name: `guessed-${name}`,
  about: `${about} a handle whose number is the path, though it has no handle of that type`,
  text: componentText({
    main: handler(`
      (local $guess i32)
      (local.set $guess (call $path-number (local.get $request)))
      ${use}
      ${RESPOND_OK}`),
  }),
  paths: GUESSES,
  expected: BAD,
})

const twice = (name: string, about: string, body: string): HostileGuest => ({
  name,
  about,
  text: componentText({main: handler(body)}),
  expected: BAD,
})

export const HANDLES: readonly HostileGuest[] = [
  guess('drop', 'drops', '(call $drop.fields (local.get $guess))'),
  guess('borrow', 'borrows', '(call $fields.entries (local.get $guess) (i32.const 0))'),
  guess('own', 'gives away', '(drop (call $response.new (local.get $guess)))'),
  guess('stream', 'reads from', '(call $input.blocking-read (local.get $guess) (i64.const 1) (i32.const 0))'),
  guess(
    'poll',
    'polls',
    '(i32.store (i32.const 64) (local.get $guess)) (call $poll (i32.const 64) (i32.const 1) (i32.const 0))',
  ),
  twice(
    'use-after-drop',
    'asks a request for its path after it dropped the request',
    '(call $drop.incoming-request (local.get $request)) (call $request.path (local.get $request) (i32.const 0))',
  ),
  twice(
    'drop-twice',
    'drops its request twice',
    '(call $drop.incoming-request (local.get $request)) (call $drop.incoming-request (local.get $request))',
  ),
  twice(
    'use-after-give',
    'appends to headers that it gave to a response',
    `(local $fields i32)
     (local.set $fields (call $new-headers))
     (drop (call $response.new (local.get $fields)))
     (call $fields.entries (local.get $fields) (i32.const 0))`,
  ),
  twice(
    'give-twice',
    'gives the same headers to two responses',
    `(local $fields i32)
     (local.set $fields (call $new-headers))
     (drop (call $response.new (local.get $fields)))
     (drop (call $response.new (local.get $fields)))`,
  ),
  twice(
    'wrong-type',
    'uses its request as a response parameter',
    '(call $set-ok (local.get $request) (call $response.new (call $fields.new)))',
  ),
  {
    name: 'handles-start-over',
    about:
      'answers the number of the first handle that it makes, and leaks a thousand: the table is of this event',
    text: componentText({
      main: handler(`
        (local $first i32) (local $left i32)
        (local.set $first (call $fields.new))
        (local.set $left (i32.const 1000))
        (loop $more
          (drop (call $fields.new))
          (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (call $respond-number (local.get $out) (local.get $first))`),
    }),
    expected: answers('3\n'),
  },
  {
    name: 'two-responses',
    about: 'sets its response, then once more',
    text: componentText({
      main: handler(`${RESPOND_OK} (call $set-ok (local.get $out) (call $response.new (call $fields.new)))`),
    }),
    expected: {status: [200, 500], body: 'ok\n', codes: ['TRAP_BAD_HANDLE'], cut: 'may'},
  },
  {
    name: 'taken-twice',
    about:
      'takes the bodies of request and response and their streams twice; answers how often it was refused',
    text: componentText({
      main: handler(
        `
        (local $response i32) (local $body i32) (local $stream i32) (local $incoming i32)
        (local.set $response (call $response.new (call $new-headers)))
        (call $response.body (local.get $response) (i32.const 0))
        (local.set $body (i32.load offset=4 (i32.const 0)))
        (call $response.body (local.get $response) (i32.const 0))
        (call $count)
        (local.set $stream (call $open-stream (local.get $body)))
        (call $body.write (local.get $body) (i32.const 0))
        (call $count)
        (call $request.consume (local.get $request) (i32.const 0))
        (local.set $incoming (i32.load offset=4 (i32.const 0)))
        (call $request.consume (local.get $request) (i32.const 0))
        (call $count)
        (call $incoming.stream (local.get $incoming) (i32.const 0))
        (call $incoming.stream (local.get $incoming) (i32.const 0))
        (call $count)
        (call $drop.output-stream (local.get $stream))
        (call $drop.outgoing-body (local.get $body))
        (call $drop.outgoing-response (local.get $response))
        (call $respond-number (local.get $out) (global.get $refused))`,
        `(global $refused (mut i32) (i32.const 0))
         (func $count
           (global.set $refused (i32.add (global.get $refused) (i32.load8_u (i32.const 0)))))`,
      ),
    }),
    expected: answers('4\n'),
  },
  {
    name: 'parent-before-child',
    about: 'drops a body while its stream is open, then reads from the stream',
    text: componentText({
      main: handler(`
        (local $incoming i32)
        (call $request.consume (local.get $request) (i32.const 0))
        (local.set $incoming (i32.load offset=4 (i32.const 0)))
        (call $incoming.stream (local.get $incoming) (i32.const 0))
        (call $drop.incoming-body (local.get $incoming))
        (call $input.blocking-read (i32.load offset=4 (i32.const 0)) (i64.const 1) (i32.const 0))
        ${RESPOND_OK}`),
    }),
    expected: {status: [200, 500], body: 'ok\n', codes: ['TRAP_HOST']},
  },
]
