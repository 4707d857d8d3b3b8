// What `mayfly compose` writes, in wasmtime: programs and services of WASI 0.2 and 0.3.
import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {describe, test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {service} from '../guests/p3/services.ts'
import {isSkip} from '../guests/toolchain.ts'
import {wasmtime, withoutWasmtime} from '../wasmtime.ts'
import {folder} from './harness/app.ts'
import {answersOf, type Question, serveElsewhere} from './harness/elsewhere.ts'
import {ANSWERS_NUMBERS, ASKS, JOINS, SAYS_ARGUMENTS, thinks} from './harness/halves.ts'
import {run, up} from './harness/mayfly.ts'

type Test = Parameters<typeof up>[0] & Parameters<typeof folder>[0]

const P3 = ['-Scli', '-Sp3', '-Wcomponent-model-async', '-Wcomponent-model-async-stackful']

/** The file of both together. */
async function composed(t: Test, socket: string, plug: string): Promise<string> {
  const dir = folder(t)
  const output = join(dir, 'whole.wasm')
  const {code, err} = await run(['compose', socket, '--plug', plug, '-o', output])
  assert.equal(code, 0, err)
  return output
}

type Outcome = Readonly<{code: number; out: string}>

const inWasmtime = (args: readonly string[]): Promise<Outcome> =>
  new Promise(resolve =>
    execFile(wasmtime!, args, (error, out) => resolve({code: error === null ? 0 : Number(error.code), out})),
  )

type Program = Readonly<{
  socket: string
  plug: string
  flags: readonly string[]
  args?: readonly string[]
  expected: Outcome
}>

const PROGRAMS: Readonly<Record<string, Program>> = {
  'of 0.2': {
    socket: SAYS_ARGUMENTS,
    plug: JOINS,
    flags: [],
    args: ['one', '', 'grüße', '\u{1f41d}'],
    expected: {code: 0, out: 'one\n\ngrüße\n\u{1f41d}\n'},
  },
  'of 0.2 that fails': {socket: SAYS_ARGUMENTS, plug: JOINS, flags: [], expected: {code: 1, out: ''}},
  'of 0.3': {socket: ASKS, plug: thinks(42), flags: P3, expected: {code: 0, out: ''}},
  'of 0.3 that fails': {socket: ASKS, plug: thinks(41), flags: P3, expected: {code: 1, out: ''}},
}

describe('a program of two components runs as in wasmtime', {skip: withoutWasmtime}, () => {
  for (const [name, {socket, plug, flags, args = [], expected}] of Object.entries(PROGRAMS))
    test(name, async t => {
      const dir = folder(t, {'socket.wat': socket, 'plug.wat': plug})
      const file = await composed(t, join(dir, 'socket.wat'), join(dir, 'plug.wat'))
      const {code, out} = await run(['run', file, '--', ...args])
      assert.deepEqual({code, out}, expected)
      assert.deepEqual(await inWasmtime(['run', ...flags, file, ...args]), expected)
    })
})

async function sameAnswers(
  t: Test,
  {
    file,
    flags,
    questions,
  }: Readonly<{file: string; flags: readonly string[]; questions: readonly Question[]}>,
): Promise<unknown[]> {
  const other = await serveElsewhere(t, folder(t), port => [
    wasmtime!,
    'serve',
    ...flags,
    ...['--addr', `127.0.0.1:${port}`, file],
  ])
  const served = await up(t, [file])
  const headers = ['content-type', 'x-answered']
  const answers = await answersOf(served.url, questions, headers)
  assert.deepEqual(answers, await answersOf(other, questions, headers))
  return answers
}

type Handler = Readonly<{make: () => ReturnType<typeof guest>; questions: readonly Question[]}>

const BODY = 'hello, world'

const HANDLERS: Readonly<Record<string, Handler>> = {
  c: {
    make: () => guest('c'),
    questions: [
      ['/451', 'GET'],
      ['/', 'GET'],
      ['/counter', 'GET'],
      ['/counter', 'GET'],
      ['/sleep?ms=20', 'GET'],
      ['/nowhere', 'GET'],
      ['/echo', 'POST', BODY.repeat(20_000)],
    ],
  },
  'in text form': {
    make: () => guest('wat/echo'),
    questions: [
      ['/451', 'GET'],
      ['/', 'POST', BODY],
      ['/451', 'POST', BODY],
    ],
  },
}

const P3_HANDLERS: Readonly<Record<string, Handler>> = {
  c: {
    make: () => guest('p3/c'),
    questions: [
      ['/', 'GET'],
      ['/counter', 'GET'],
      ['/sleep?ms=20', 'GET'],
      ['/ticks?n=3', 'GET'],
      ['/nowhere', 'GET'],
      ['/through', 'GET'],
      ['/impatient/', 'GET'],
      ['/impatient/sleep?ms=60000', 'GET'],
      ['/echo', 'POST', BODY],
      ['/copy', 'POST', BODY.repeat(20_000)],
    ],
  },
  'in text form': {
    make: async () => ({path: await service('echo')}),
    questions: [
      ['/', 'POST', BODY],
      ['/through', 'POST', BODY],
    ],
  },
}

describe('middleware in front of a handler answers as in wasmtime', {skip: withoutWasmtime}, () => {
  for (const [name, {make, questions}] of Object.entries(HANDLERS))
    test(`of 0.2: ${name}`, async t => {
      const handler = await make()
      if (isSkip(handler)) return t.skip(handler.skip)
      const dir = folder(t, {'middleware.wat': ANSWERS_NUMBERS})
      const file = await composed(t, join(dir, 'middleware.wat'), handler.path)
      const answers = await sameAnswers(t, {file, flags: ['-S', 'cli'], questions})
      assert.deepEqual(answers[0], ['/451', 200, 'text/plain', undefined, '451\n'])
      assert.equal(answers.length, questions.length)
    })

  for (const [name, {make, questions}] of Object.entries(P3_HANDLERS))
    test(`of 0.3: ${name}`, async t => {
      const [middleware, handler] = [await guest('p3/rust-middleware'), await make()]
      if (isSkip(middleware)) return t.skip(middleware.skip)
      if (isSkip(handler)) return t.skip(handler.skip)
      const file = await composed(t, middleware.path, handler.path)
      const answers = await sameAnswers(t, {file, flags: P3, questions})
      assert.equal((answers[0] as unknown[])[3], 'middleware')
      assert.equal(answers.length, questions.length)
    })
})
