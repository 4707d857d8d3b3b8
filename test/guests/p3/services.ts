// guests/p3/services.ts: small components of WASI 0.3 in text form, a few kB each, built in milliseconds.
import {createHash} from 'node:crypto'
import {join} from 'node:path'
import {parse} from '@bytecodealliance/jco'
import {buildOnce, cacheDir, type Env} from '../cache.ts'
import {coreText, type Form} from './core.ts'
import {asCandidate, embed3, worldText, wrapCore3} from './wit.ts'

const DATA = '(data (i32.const 1024) "content-typetext/plainhello world\\ncontent-length205")'
const PLAIN = '(call $headers (i32.const 1024) (i32.const 12) (i32.const 1036) (i32.const 10))'
const length = (at: number, digits: number): string =>
  `(call $headers (i32.const 1058) (i32.const 14) (i32.const ${at}) (i32.const ${digits}))`
const TWENTY = length(1072, 2)
const FIVE = length(1074, 1)
const WRITE = '(call $body.write (global.get $out) (i32.const 1046) (i32.const 12))'

type Says = Readonly<{headers?: string; before?: string; after?: string}>

/** Returns, writes "hello world\n", and when that has been read does what `after` says, and ends. */
const says = ({headers = PLAIN, before = '', after = '(call $finish)'}: Says = {}): string => `${DATA}
    (func $handle (param $request i32) (result i32)
      (call $request.drop (local.get $request))
      ${before}
      (call $respond ${headers})
      (if (i32.eq ${WRITE} (i32.const -1)) (then (return (call $wait-for (global.get $out)))))
      (call $after)
      (i32.const 0))
    (func $callback (param $event i32) (param $index i32) (param $payload i32) (result i32)
      (call $after)
      (i32.const 0))
    (func $after ${after})`

/** The same with a stack: it waits in the middle. */
const stackful = `${DATA}
    (func $handle (param $request i32)
      (call $request.drop (local.get $request))
      (call $respond ${PLAIN})
      (drop (call $body.write-sync (global.get $out) (i32.const 1046) (i32.const 12)))
      (call $finish))`

/** Waits for as many milliseconds as the path's last segment says, and then says what `says` does. */
const sleep = `${DATA}
    (global $asked (mut i32) (i32.const 0))
    (func $handle (param $request i32) (result i32)
      (local $subtask i32)
      (local.set $subtask (call $clock.wait-for (i64.mul
        (i64.extend_i32_u (call $number (local.get $request))) (i64.const 1000000))))
      (call $request.drop (local.get $request))
      (if (i32.eq (i32.and (local.get $subtask) (i32.const 15)) (i32.const 2)) (then (return (call $awake))))
      (global.set $asked (i32.shr_u (local.get $subtask) (i32.const 4)))
      (call $wait-for (global.get $asked)))
    (func $callback (param $event i32) (param $index i32) (param $payload i32) (result i32)
      (if (i32.eq (local.get $event) (i32.const 1))
        (then (call $subtask.drop (local.get $index)) (return (call $awake))))
      (call $finish)
      (i32.const 0))
    (func $awake (result i32)
      (call $respond ${PLAIN})
      (if (i32.eq ${WRITE} (i32.const -1)) (then (return (call $wait-for (global.get $out)))))
      (call $finish)
      (i32.const 0))
    (func $number (param $request i32) (result i32)
      (local $at i32) (local $end i32) (local $value i32)
      (call $request.path (local.get $request) (i32.const 0))
      (local.set $at (i32.add (i32.load (i32.const 4)) (i32.const 1)))
      (local.set $end (i32.add (i32.load (i32.const 4)) (i32.load (i32.const 8))))
      (block $done (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $value (select (i32.const 0)
          (i32.add (i32.mul (local.get $value) (i32.const 10))
            (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
          (i32.eq (i32.load8_u (local.get $at)) (i32.const 47))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
      (local.get $value))`

/** Answers at once, and then waits for 300 ms. */
const worksOn = `${DATA}
    (global $set (mut i32) (i32.const 0))
    (func $handle (param $request i32) (result i32)
      (call $request.drop (local.get $request))
      (call $respond ${PLAIN})
      (global.set $set (call $set.new))
      (if (i32.eq ${WRITE} (i32.const -1))
        (then (call $join (global.get $out) (global.get $set)))
        (else (call $finish)))
      (call $join (i32.shr_u (call $clock.wait-for (i64.const 300000000)) (i32.const 4)) (global.get $set))
      (call $on))
    (func $callback (param $event i32) (param $index i32) (param $payload i32) (result i32)
      (if (i32.eq (local.get $event) (i32.const 1))
        (then (call $subtask.drop (local.get $index)) (return (i32.const 0))))
      (call $finish)
      (call $on))
    (func $on (result i32) (i32.or (i32.const 2) (i32.shl (global.get $set) (i32.const 4))))`

/** Waits for eleven days. */
const neverAnswers = `
    (func $handle (param $request i32) (result i32)
      (call $request.drop (local.get $request))
      (call $wait-for (i32.shr_u (call $clock.wait-for (i64.const 1000000000000000)) (i32.const 4))))
    (func $callback (param $event i32) (param $index i32) (param $payload i32) (result i32) (unreachable))`

/** Responds with the very stream and trailers that the request came with. */
const echo = `
    (func $handle (param $request i32) (result i32)
      (local $future i64)
      (local.set $future (call $consumed.new))
      (call $request.consume-body (local.get $request) (i32.wrap_i64 (local.get $future)) (i32.const 0))
      (call $response.new (call $fields.new) (i32.const 1) (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.const 16))
      (call $sent.drop-readable (i32.load (i32.const 20)))
      (call $return-ok (i32.load (i32.const 16)))
      (i32.const 0))
    (func $callback (param $event i32) (param $index i32) (param $payload i32) (result i32) (unreachable))`

/** Writes 64 KiB again and again, and never ends by itself. */
const endless = `${DATA}
    (func $handle (param $request i32) (result i32)
      (call $request.drop (local.get $request))
      (call $respond ${PLAIN})
      (call $go))
    (func $callback (param $event i32) (param $index i32) (param $payload i32) (result i32)
      (if (i32.eq (i32.and (local.get $payload) (i32.const 15)) (i32.const 1))
        (then (call $finish) (return (i32.const 0))))
      (call $go))
    (func $go (result i32)
      (loop $again
        (br_if $again (i32.eqz (i32.and (i32.const 15)
          (call $body.write (global.get $out) (i32.const 0) (i32.const 65536))))))
      (call $wait-for (global.get $out)))`

const COUNT = `
      (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
      (global.set $counted (i32.add (global.get $counted) (i32.const 1)))
      (i32.store8 (i32.const 1046) (i32.add (i32.const 48) (i32.load (i32.const 2048))))
      (i32.store8 (i32.const 1047) (i32.add (i32.const 48) (global.get $counted)))`

const MIXED = `
      (if (i32.or (i64.eq (call $older.random) (call $older.random)) (i64.eqz (call $older.now)))
        (then (unreachable)))`

type Service = readonly [main: string, form?: Form, versions?: Versions]
type Versions = Readonly<{
  /** Interfaces of WASI 0.2. */
  older?: readonly string[]
  /** Of WASI 0.3, in place of the release. */
  candidate?: string
}>

const SERVICES: Readonly<Record<string, Service>> = {
  hello: [says()],
  'hello-candidate': [says(), 'callback', {candidate: '0.3.0-rc-2026-03-15'}],
  /** Two random numbers that are the same would trap. */
  'hello-mixed': [
    says({before: MIXED}),
    'callback',
    {older: ['wasi:random/random@0.2.12', 'wasi:clocks/monotonic-clock@0.2.12']},
  ],
  'hello-stackful': [stackful, 'stackful'],
  /** "11" and the rest of the greeting: how often this sandbox was asked, by its memory and by a global. */
  counter: [`${says({before: COUNT})} (global $counted (mut i32) (i32.const 0))`],
  echo: [echo],
  endless: [endless],
  sleep: [sleep],
  'works-on': [worksOn],
  'never-answers': [neverAnswers],
  'ends-without-answer': [
    says().replace('(call $request.drop (local.get $request))', '(return (i32.const 0))'),
  ],
  'traps-first': [says({before: '(unreachable)'})],
  'traps-after-body': [says({after: '(call $finish) (unreachable)'})],
  'traps-before-end': [says({after: '(unreachable)'})],
  'loops-after-body': [says({after: '(call $finish) (loop $on (br $on))'})],
  'drops-body': [says({after: '(call $body.drop-writable (global.get $out))'})],
  'too-short': [says({headers: TWENTY})],
  'too-long': [says({headers: FIVE})],
  'traps-host-twice': [
    says({
      after: '(call $return-ok (i32.const 1)) (call $finish)',
    }),
  ],
}

/** A core module that carries its world, and uses WASI 0.1 besides. */
export const carrier = async (): Promise<Uint8Array> =>
  embed3(
    await parse(coreText(says({before: '(drop (call $oldest.random (i32.const 512) (i32.const 8)))'}))),
    {
      world: worldText('service'),
    },
  )

/** The component `name`, from the cache, or else built now. */
export async function service(name: string, env: Env = process.env): Promise<string> {
  const made = SERVICES[name]
  if (made === undefined)
    throw new Error(`no service "${name}"; there are ${Object.keys(SERVICES).join(', ')}`)
  const [main, form, {older = [], candidate} = {}] = made
  const released = coreText(main, form)
  const text = candidate === undefined ? released : asCandidate(released, candidate)
  const world = worldText('service', older)
  const key = createHash('sha256').update(text).update(world).digest('hex').slice(0, 16)
  return buildOnce(join(cacheDir(env), 'p3', `${name}-${key}.wasm`), async () =>
    wrapCore3(await parse(text), {world, candidate}),
  )
}

export const serviceNames: readonly string[] = Object.keys(SERVICES)
