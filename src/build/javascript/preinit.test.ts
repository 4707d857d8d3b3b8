import assert from 'node:assert/strict'
import {test} from 'node:test'
import {engineFor, initialise} from './preinit.ts'
import {TEST_CACHE} from './test-app.ts'
import {httpWorld} from './world.ts'

const engine = await engineFor(httpWorld(), TEST_CACHE)
const LISTENER = 'addEventListener("fetch", () => {})'
const FINISH = 'export async function finish() {}'

test('top-level code that does not end is stopped', async () => {
  const outcome = await initialise(engine, `${LISTENER}; for (;;) {}`, {deadlineMs: 200})
  assert.equal(outcome.kind, 'trap')
  assert.match((outcome as {reason: string}).reason, /does not end/)
})

test('one engine initialises any number of bundles, and none sees another', async () => {
  const counting = `globalThis.count = (globalThis.count ?? 0) + 1; console.log(count); ${LISTENER}; ${FINISH}`
  const outcomes = await Promise.all([1, 2, 3].map(() => initialise(engine, counting)))
  assert.deepEqual(
    outcomes.map(({kind, stdout}) => [kind, stdout]),
    Array(3).fill(['ready', '1\n']),
  )
})

test('the same bundle gives the same image', async () => {
  const bundle = `globalThis.map = new Map([["a", {}], ["b", []]]); ${LISTENER}; ${FINISH}`
  const [one, two] = [await initialise(engine, bundle), await initialise(engine, bundle)]
  assert.ok(one.kind === 'ready' && two.kind === 'ready')
  assert.ok(Buffer.from(one.image.memory).equals(two.image.memory))
  assert.deepEqual(one.image.globals, two.image.globals)
  assert.equal(one.image.memory.length % 65_536, 0)
})

test('garbage has been collected when the bundle is finished, and is not any more', async () => {
  const bundle = `${LISTENER}
    const before = new WeakRef({})
    export async function finish() {
      const after = new WeakRef({})
      for (let i = 0; i < 100; i++) await null
      console.log(before.deref(), after.deref())
    }`
  const outcome = await initialise(engine, bundle)
  assert.deepEqual([outcome.kind, outcome.stdout], ['ready', 'undefined {}\n'])
})

const ends: [name: string, bundle: string, kind: string][] = [
  ['a syntax error', 'let a = ;', 'exit'],
  ['a file that is not its own', 'import "/etc/passwd"', 'exit'],
  ['an interface that the world does not have', 'import "wasi:filesystem/preopens@0.2.10"', 'exit'],
  ['a random number that nothing guards', 'Math.random()', 'refused'],
  ['endless recursion', 'function f() { f() }; f()', 'exit'],
]
for (const [name, bundle, kind] of ends) {
  test(`initialisation ends, and only that: ${name}`, async () => {
    assert.equal((await initialise(engine, bundle)).kind, kind)
  })
}
