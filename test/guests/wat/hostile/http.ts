// guests/wat/hostile/http.ts: answers that are missing, broken off, or of another length than announced.

import {componentText} from '../component.ts'
import {answers, type HostileGuest, handler, RESPOND_OK} from './case.ts'

/** Data at 2048: a header's name and two lengths. */
const LENGTHS = '(data (i32.const 2048) "content-length510hello, too long")'
const LENGTH_5 = '(i32.const 2062) (i32.const 1)'
const LENGTH_10 = '(i32.const 2063) (i32.const 2)'

const announced = (length: string, write: string): string => `
  (local $fields i32) (local $body i32) (local $stream i32)
  (local.set $fields (call $new-headers))
  (call $fields.append (local.get $fields) (i32.const 2048) (i32.const 14) ${length} (i32.const 0))
  (local.set $body (call $open-body (local.get $out) (local.get $fields) (i32.const 200)))
  (local.set $stream (call $open-stream (local.get $body)))
  ${write}
  (call $close (local.get $body) (local.get $stream))`

const write = (bytes: number): string =>
  `(call $write-all (local.get $stream) (i32.const 2065) (i32.const ${bytes}))`

const started = (rest: string): string => `
  (local $body i32) (local $stream i32)
  (local.set $body (call $open-body (local.get $out) (call $new-headers) (i32.const 200)))
  (local.set $stream (call $open-stream (local.get $body)))
  ${write(5)}
  ${rest}`

/** Headers that would break the message apart, or belong to the connection: name and value. */
const FORBIDDEN: readonly (readonly [string, string])[] = [
  ['x-a', 'b\\r\\nx-injected: c'],
  ['x-a', 'b\\nx-injected: c'],
  ['x-a', 'b\\00c'],
  ['x-a\\r\\nx-injected', 'b'],
  ['x a', 'b'],
  ['x:a', 'b'],
  ['', 'b'],
  ['x-\\c3\\a9', 'b'],
  ['transfer-encoding', 'chunked'],
  ['connection', 'close'],
  ['keep-alive', 'timeout=1'],
  ['upgrade', 'h2c'],
]

const byteLength = (text: string): number => text.replace(/\\(?:[0-9a-f]{2}|[rn])/g, '.').length

function forbiddenHeaders(): string {
  let at = 2048
  const data: string[] = []
  const calls = FORBIDDEN.map(([name, value]) => {
    const [nameLength, valueLength] = [byteLength(name), byteLength(value)]
    data.push(`(data (i32.const ${at}) "${name}${value}")`)
    const call = `
      (call $fields.append (local.get $fields) (i32.const ${at}) (i32.const ${nameLength})
        (i32.const ${at + nameLength}) (i32.const ${valueLength}) (i32.const 0))
      (local.set $accepted (i32.add (local.get $accepted) (i32.eqz (i32.load8_u (i32.const 0)))))`
    at += nameLength + valueLength
    return call
  })
  return componentText({
    main: handler(
      `(local $fields i32) (local $accepted i32)
      (local.set $fields (call $fields.new))
      ${calls.join('')}
      (call $respond-number (local.get $out) (local.get $accepted))`,
      data.join(' '),
    ),
  })
}

export const HTTP: readonly HostileGuest[] = [
  {
    name: 'no-response',
    about: 'returns without a response',
    text: componentText({main: handler('')}),
    expected: {status: [500], codes: ['HTTP_NO_RESPONSE']},
  },
  {
    name: 'response-dropped',
    about: 'drops the place where its response belongs',
    text: componentText({main: handler('(call $drop.response-outparam (local.get $out))')}),
    expected: {status: [500], codes: ['HTTP_NO_RESPONSE']},
  },
  {
    name: 'error-response',
    about: 'answers with an error code (loop-detected)',
    text: componentText({
      main: handler(`
        (call $outparam.set (local.get $out) (i32.const 1) (i32.const 36)
          (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))`),
    }),
    expected: {status: [500, 502], codes: ['HTTP_GUEST_ERROR']},
  },
  {
    name: 'body-too-long',
    about: 'announces 5 bytes and writes 10',
    text: componentText({main: handler(announced(LENGTH_5, write(10)), LENGTHS)}),
    expected: {status: [200, 500], body: 'hello', codes: ['TRAP_HOST', 'HTTP_BODY_UNFINISHED'], cut: 'may'},
  },
  {
    name: 'body-too-long-later',
    about: 'announces 5 bytes, writes them, then writes 5 more',
    text: componentText({main: handler(announced(LENGTH_5, write(5) + write(5)), LENGTHS)}),
    expected: {status: [200, 500], body: 'hello', codes: ['TRAP_HOST', 'HTTP_BODY_UNFINISHED'], cut: 'may'},
  },
  {
    name: 'body-too-short',
    about: 'announces 10 bytes and writes 5',
    text: componentText({main: handler(announced(LENGTH_10, write(5)), LENGTHS)}),
    expected: {status: [200, 500], codes: ['HTTP_BODY_UNFINISHED'], cut: 'must'},
  },
  {
    name: 'body-unfinished',
    about: 'writes 5 bytes of a body and drops it unfinished',
    text: componentText({
      main: handler(
        started(
          '(call $drop.output-stream (local.get $stream)) (call $drop.outgoing-body (local.get $body))',
        ),
        LENGTHS,
      ),
    }),
    expected: {status: [200, 500], codes: ['HTTP_BODY_UNFINISHED'], cut: 'must'},
  },
  {
    name: 'body-left-open',
    about: 'writes 5 bytes of a body and returns with everything open',
    text: componentText({main: handler(started(''), LENGTHS)}),
    expected: {status: [200, 500], body: 'hello', codes: ['HTTP_BODY_UNFINISHED'], cut: 'may'},
  },
  {
    name: 'finish-before-stream',
    about: 'finishes a body while its stream is open',
    text: componentText({
      main: handler(
        started('(call $body.finish (local.get $body) (i32.const 0) (i32.const 0) (i32.const 0))'),
        LENGTHS,
      ),
    }),
    expected: {status: [200, 500], body: 'hello', codes: ['TRAP_HOST', 'HTTP_BODY_UNFINISHED'], cut: 'may'},
  },
  {
    name: 'trap-in-body',
    about: 'traps after 5 bytes of its body',
    text: componentText({main: handler(started('(unreachable)'), LENGTHS)}),
    expected: {status: [200, 500], codes: ['TRAP_CORE'], cut: 'must'},
  },
  {
    name: 'write-without-room',
    about: 'writes 60 kB, again and again, without asking how much the stream takes',
    text: componentText({
      main: handler(`
        (local $left i32) (local $stream i32)
        (local.set $stream (call $open-stream (call $open-body (local.get $out) (call $new-headers) (i32.const 200))))
        (local.set $left (i32.const 10000))
        (loop $more
          (call $output.write (local.get $stream) (i32.const 4096) (i32.const 60000) (i32.const 0))
          (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))`),
    }),
    expected: {status: [200, 500], codes: ['TRAP_HOST'], cut: 'must'},
  },
  {
    name: 'forbidden-headers',
    about: 'tries headers that break the message apart; answers how many were accepted',
    text: forbiddenHeaders(),
    expected: answers('0\n'),
  },
  {
    name: 'bad-status',
    about: 'sets the status codes 0, 99, 1000 and 65535; answers 200 if all were refused',
    text: componentText({
      main: handler(`
        (local $response i32)
        (local.set $response (call $response.new (call $fields.new)))
        ${[0, 99, 1000, 65535]
          .map(
            status =>
              `(if (i32.eqz (call $response.set-status (local.get $response) (i32.const ${status}))) (then (unreachable)))`,
          )
          .join('\n')}
        ${RESPOND_OK}`),
    }),
    expected: answers('ok\n'),
  },
]
