import assert from 'node:assert/strict'
import {before, describe, test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {type HostileGuest, violation} from '../guests/wat/hostile/case.ts'
import {STATE} from '../guests/wat/hostile/state.ts'
import {HOSTILE} from '../guests/wat/hostile.ts'
import {folder, manifest, type Part} from './harness/app.ts'
import {ask} from './harness/client.ts'
import {type Mayfly, up} from './harness/mayfly.ts'
import {FULL} from './harness/scale.ts'
import {until} from './harness/until.ts'

const pathOf = async (name: string): Promise<string> => {
  const made = await guest(`wat/${name}`)
  if ('skip' in made) throw new Error(made.skip)
  return made.path
}

/** A text guest reads the number at the path's beginning. */
const part = async ({name, limits}: HostileGuest): Promise<Part> => ({
  id: name,
  route: `/:n/${name}`,
  source: await pathOf(name),
  ...(limits === undefined ? {} : {limits}),
})

const neighbour = async (): Promise<Part> => ({id: 'neighbour', route: '/', source: await pathOf('hello')})

const answersHello = async (url: string): Promise<void> => {
  const {status, body} = await ask(url)
  assert.deepEqual({status, body}, {status: 200, body: 'hello world\n'}, 'the neighbour')
}

const MAX_PATHS = 16

/** At most `count` of `all`, the first and the last among them. */
const evenly = <T>(all: readonly T[], count: number): readonly T[] =>
  all.length <= count
    ? all
    : Array.from({length: count}, (_, i) => all[Math.round((i * (all.length - 1)) / (count - 1))]!)

/** Every path twice, since the second meets what the first left; the neighbour in between and at the same time. */
async function provoke(served: Mayfly, {name, paths = ['/'], expected}: HostileGuest): Promise<void> {
  for (const path of FULL ? paths : evenly(paths, MAX_PATHS))
    for (const round of [1, 2]) {
      const number = path === '/' ? 0 : Number(path.slice(1))
      const mine = () => served.logged().filter(({component}) => component === name)
      const before = mine().length
      const besides = answersHello(served.url)
      const seen = await ask(`${served.url}/${number}/${name}`)
      const wrong = violation(expected, seen)
      assert.equal(wrong, undefined, `${path}, round ${round}: ${wrong}\n${seen.body.slice(0, 500)}`)
      await besides
      await answersHello(served.url)
      await until(() => mine().length > before, {what: () => `${path}, round ${round}: its line in the log`})
      if (seen.status < 500) continue
      const {error} = mine()[before]!
      assert.ok(
        expected.codes.includes(error?.code as never),
        `${path}, round ${round}: ${error?.code}, not ${expected.codes.join(' or ')}: ${error?.message}`,
      )
    }
}

describe('a hostile component fails alone', () => {
  const later = HOSTILE.filter(({expected}) => expected.atStart !== true)
  const stops: (() => Promise<void>)[] = []
  let served: Mayfly

  before(async () => {
    const parts = await Promise.all(later.map(part))
    const dir = folder(
      {after: done => stops.push(async () => done())},
      {
        'spin.toml': manifest([await neighbour(), ...parts]),
      },
    )
    served = await up({after: done => stops.push(done)}, [dir])
  })
  test.after(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  for (const hostile of later) {
    test(`${hostile.name}: ${hostile.about}`, () => provoke(served, hostile))
  }

  test('the process is the one it was', async () => {
    assert.deepEqual(served.workers(), [served.pid])
    assert.deepEqual((await served.stop()).code, 0)
  })
})

/** The tiers that are not this machine's first choice: they must forget as much. */
for (const tier of ['madvise', 'copy']) {
  test(`nothing is left of an event for the next one, restored by ${tier}`, async t => {
    const counters = STATE.filter(({expected}) => expected.atStart !== true)
    const parts = await Promise.all(counters.map(part))
    const dir = folder(t, {'spin.toml': manifest([await neighbour(), ...parts])})
    const served = await up(t, [dir], {env: {MAYFLY_TIER: tier}})
    for (const counter of counters) await provoke(served, counter)
  })
}

describe('a component that fails before its first event is refused then, or fails alone', () => {
  for (const hostile of HOSTILE.filter(({expected}) => expected.atStart === true)) {
    const {name} = hostile
    test(`${name}: ${hostile.about}`, async t => {
      const dir = folder(t, {'spin.toml': manifest([await neighbour(), await part(hostile)])})
      const args = [dir]
      let served: Mayfly
      try {
        served = await up(t, args)
      } catch (error) {
        const {message} = error as Error
        const [, code] = /^error\[(\w+)\]/m.exec(message) ?? []
        assert.ok(hostile.expected.codes.includes(code as never), message)
        assert.doesNotMatch(message, /^\s+at .*:\d+:\d+/m)
        return
      }
      await provoke(served, hostile)
    })
  }
})
