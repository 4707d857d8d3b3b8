// engine/snapshot/snapshot.suite.ts: what every tier must do; run by each tier's test.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import fc from 'fast-check'
import {applyData, virtualPages} from './adopt-instance.ts'
import {createMemoryBudget} from './budget.ts'
import {compareImages} from './compare.ts'
import {initialise, type Pair, pairOfGuests, quietPair} from './snapshot.fixtures.ts'
import type {Image, Restorer, Tier} from './snapshot.ts'
import {PAGE, partsOf} from './state.ts'

const makePair = await pairOfGuests()

type Sandbox = Pair & Readonly<{restorer: Restorer; tables: unknown[][]}>

function capture(tier: Tier): Image {
  const {state} = makePair()
  initialise(state)
  return tier.capture(state)
}

function sandbox(tier: Tier, image: Image, headroomPages?: number): Sandbox {
  const pair = makePair()
  const restorer = tier.adopt(image, pair.state, headroomPages === undefined ? {} : {headroomPages})
  return {...pair, restorer, tables: tablesOf(pair)}
}

const tablesOf = ({state}: Pair): unknown[][] =>
  partsOf(state).tables.map(table => Array.from({length: table.length}, (_, i) => table.get(i)))

/** Bit for bit: memories to their real ends, globals, tables. */
function assertEqualsImage(image: Image, box: Sandbox): void {
  const {memories, globals} = partsOf(box.state)
  memories.forEach(({memory, pages}, i) => {
    const content = image.memories[i]!
    assert.equal(Number(pages.value) * PAGE, content.length, `size of memory ${i}`)
    const bytes = Buffer.from(memory.buffer)
    assert.ok(bytes.subarray(0, content.length).equals(content), `bytes of memory ${i}`)
    const rest = bytes.subarray(content.length)
    assert.ok(rest.equals(Buffer.alloc(rest.length)), `bytes of memory ${i} beyond the image`)
  })
  const values = globals.map(({value}) => value)
  assert.deepEqual(
    values.map(value => (typeof value === 'function' ? value.name : value)),
    image.globals,
  )
  const tables = tablesOf(box)
  tables.forEach((table, t) => {
    table.forEach((entry, i) => {
      assert.ok(entry === box.tables[t]![i], `entry ${i} of table ${t}`)
    })
  })
}

/** Runs what a guest does in an event, within a bracket. */
function event(box: Sandbox, run: () => void): void {
  box.restorer.open()
  try {
    run()
  } finally {
    box.restorer.close()
  }
}

const write = (memory: unknown, at: number, value: number) => {
  const bytes = new Uint8Array((memory as WebAssembly.Memory).buffer)
  if (at < bytes.length) bytes[at] = value
}

type Action = readonly [kind: string, at: number, value: number]

const action: fc.Arbitrary<Action> = fc.tuple(
  fc.constantFrom(
    'store',
    'fill',
    'host',
    'wide',
    'hostWide',
    'own',
    'neighbour',
    'grow',
    'neighbourGrow',
    'wideGrow',
    'globals',
    'table',
  ),
  fc.nat(0xffff_ffff),
  fc.integer({min: 1, max: 255}),
)

/** Addresses reach to the real end of the memory, so beyond the virtual one too. */
function perform({main, neighbour}: Sandbox, [kind, at, value]: Action): void {
  const length = (name: string) => (main[name] as unknown as WebAssembly.Memory).buffer.byteLength
  const place = at % length('memory')
  if (kind === 'store') main['store']!(place, value)
  else if (kind === 'fill') main['fill']!(place, value, Math.min(at % 50_000, length('memory') - place))
  else if (kind === 'host') write(main['memory'], place, value)
  else if (kind === 'wide') main['wideStore']!(BigInt(at % length('wide')), value)
  else if (kind === 'hostWide') write(main['wide'], at % length('wide'), value)
  else if (kind === 'own') neighbour['ownStore']!(at % PAGE, value)
  else if (kind === 'neighbour') neighbour['store']!(place, value)
  else if (kind === 'grow') main['grow']!(at % 9)
  else if (kind === 'neighbourGrow') neighbour['grow']!(at % 9)
  else if (kind === 'wideGrow') main['wideGrow']!(BigInt(at % 9))
  else if (kind === 'globals') main['setGlobals']!(at | 0, BigInt(at), value / 3)
  else main[value % 2 === 0 ? 'swap' : 'clear']!(at % 6)
}

export function tierSuite(tier: Tier): void {
  describe(`restoring by ${tier.name}`, () => {
    test('a sandbox of an image starts as the image', () => {
      const image = capture(tier)
      const box = sandbox(tier, image)
      assertEqualsImage(image, box)
      assert.equal(box.main['load']!(65_530), 'a'.charCodeAt(0))
      assert.equal(box.main['load']!(140_000), 77)
      assert.equal(image.globals[0], 12)
      assert.equal(image.byteLength, 5 * PAGE)
    })

    test('data laid out in an image are as if they had been written to the memories', async () => {
      const makeQuiet = await quietPair()
      const written = makeQuiet()
      for (const {lean, exports} of written) applyData(lean, exports)
      const [laidOut, captured] = [tier.layOut(makeQuiet()), tier.capture(written)]
      assert.deepEqual(compareImages(captured, laidOut), [])
      assert.deepEqual(laidOut.globals, captured.globals)
      assert.equal(laidOut.byteLength, 6 * PAGE)
      assert.equal(Buffer.from(laidOut.memories[0]!).toString('latin1', 100, 106), 'abXYef', 'in order')
      const state = makeQuiet()
      const restorer = tier.adopt(laidOut, state)
      const box = Buffer.from(partsOf(state).memories[0]!.memory.buffer)
      assert.ok(box.subarray(0, 3 * PAGE).equals(laidOut.memories[0]!))
      box.fill(9, 90, 5000)
      restorer.suspect()
      restorer.restore()
      assert.ok(box.subarray(0, 3 * PAGE).equals(laidOut.memories[0]!))
    })

    test('data that do not fit are not laid out', async () => {
      const makeQuiet = await quietPair(3 * PAGE - 3)
      assert.throws(() => tier.layOut(makeQuiet()), {code: 'TRAP_OUT_OF_BOUNDS'})
    })

    test('whatever an event wrote is gone after it: memory, globals, tables', () => {
      const image = capture(tier)
      const boxes = [sandbox(tier, image), sandbox(tier, image, 3)]
      fc.assert(
        fc.property(fc.nat(1), fc.array(action, {maxLength: 12}), (which, actions) => {
          const box = boxes[which]!
          event(box, () => {
            for (const one of actions) perform(box, one)
          })
          box.restorer.restore()
          assertEqualsImage(image, box)
        }),
        {numRuns: 300},
      )
    })

    test('growing again and again does not grow the memory', () => {
      const image = capture(tier)
      const box = sandbox(tier, image, 8)
      const real = () => (box.main['memory'] as unknown as WebAssembly.Memory).buffer.byteLength
      for (let i = 0; i < 30; i++) {
        event(box, () => {
          assert.equal(box.main['grow']!(5), 3)
          box.main['store']!(7 * PAGE, 1)
        })
        box.restorer.restore()
        assert.equal(box.main['size']!(), 3)
        assert.equal(box.main['load']!(7 * PAGE), 0)
      }
      assert.ok(real() <= 11 * PAGE)
      assert.equal(box.restorer.outgrown, false)
    })

    test('growth within and beyond the headroom behaves like memory.grow', () => {
      const image = capture(tier)
      const box = sandbox(tier, image, 4)
      const {main, neighbour} = box
      for (let round = 0; round < 3; round++) {
        event(box, () => {
          assert.equal(main['grow']!(0), 3)
          assert.equal(main['grow']!(4), 3)
          assert.equal(neighbour['size']!(), 7)
          assert.equal(neighbour['grow']!(20), 7)
          assert.equal(main['size']!(), 27)
          assert.equal(main['grow']!(234), -1)
          assert.equal(main['grow']!(-1), -1)
          assert.equal(main['size']!(), 27)
          assert.equal(main['grow']!(233), 27)
          assert.equal(main['grow']!(1), -1)
          main['store']!(260 * PAGE - 1, 9)
          assert.equal(main['wideGrow']!(-1n), -1n)
          assert.equal(main['wideGrow']!(199n), 1n)
          assert.equal(main['wideGrow']!(1n), -1n)
        })
        box.restorer.restore()
        assertEqualsImage(image, box)
        assert.equal(Number(virtualPages(main['memory'] as unknown as WebAssembly.Memory).value), 3)
      }
    })

    test('writes of a suspended guest, outside of brackets, are found when it is suspected', () => {
      const image = capture(tier)
      const box = sandbox(tier, image)
      for (const at of [0, 70_000, 3 * PAGE + 5, 20 * PAGE]) {
        write(box.main['memory'], at, 5)
        box.restorer.suspect()
        box.restorer.restore()
        assertEqualsImage(image, box)
      }
    })

    test('real growth is noticed by itself', () => {
      const image = capture(tier)
      const box = sandbox(tier, image, 2)
      for (const pages of [10, 20]) {
        box.main['grow']!(pages)
        box.main['store']!((2 + pages) * PAGE, 5)
        box.main['store']!(5, 5)
        box.restorer.restore()
        assertEqualsImage(image, box)
      }
    })

    test('an event that ended within a bracket is restored as well', () => {
      const image = capture(tier)
      const box = sandbox(tier, image)
      box.restorer.open()
      box.main['store']!(123_456, 1)
      box.restorer.restore()
      assertEqualsImage(image, box)
    })

    test('brackets may nest', () => {
      const image = capture(tier)
      const box = sandbox(tier, image)
      event(box, () => {
        event(box, () => box.main['store']!(50_000, 1))
        box.main['store']!(100_000, 1)
      })
      box.restorer.restore()
      assertEqualsImage(image, box)
    })

    test('the sandboxes of an image are independent', () => {
      const image = capture(tier)
      const boxes = Array.from({length: 20}, () => sandbox(tier, image, 2))
      boxes.forEach((box, i) => {
        event(box, () => box.main['store']!(9000, i + 1))
      })
      boxes.forEach((box, i) => {
        assert.equal(box.main['load']!(9000), i + 1)
        box.restorer.restore()
        assertEqualsImage(image, box)
        for (const later of boxes.slice(i + 1)) assert.ok(later.main['load']!(9000) > i + 1)
      })
    })

    test('nothing that a hostile guest left is seen by the next event', () => {
      const image = capture(tier)
      const box = sandbox(tier, image, 16)
      const {main, neighbour} = box
      const memory = main['memory'] as unknown as WebAssembly.Memory
      for (let round = 0; round < 3; round++) {
        event(box, () => {
          main['grow']!(257)
          main['wideGrow']!(199n)
          neighbour['ownGrow']!(49)
          for (const name of ['memory', 'wide'])
            new Uint8Array((main[name] as unknown as WebAssembly.Memory).buffer).fill(0xee)
          main['fill']!(0, 0xff, memory.buffer.byteLength)
          main['setGlobals']!(-1, -1n, -1)
          for (let i = 0; i < 6; i++) main['swap']!(i)
        })
        box.restorer.restore()
        assertEqualsImage(image, box)
        // One small event after the large one.
        event(box, () => main['store']!(1, 1))
        box.restorer.restore()
        assertEqualsImage(image, box)
      }
    })

    test('a guest whose table grew is retired, and its entries are restored', () => {
      const image = capture(tier)
      const box = sandbox(tier, image)
      event(box, () => box.main['growTable']!(2))
      box.restorer.restore()
      assert.equal(box.restorer.outgrown, true)
    })

    test('functions of one sandbox never reach another', () => {
      const image = capture(tier)
      const first = sandbox(tier, image)
      const second = sandbox(tier, image)
      first.tables.flat().forEach((entry, i) => {
        if (entry !== null) assert.notEqual(entry, second.tables.flat()[i])
      })
    })

    test('an initialisation that sets a reference carries over by export', () => {
      const original = makePair()
      initialise(original.state)
      original.main['setGlobals']!(1, 2n, 3)
      const image = tier.capture(original.state)
      const box = sandbox(tier, image)
      const values = partsOf(box.state).globals.map(({value}) => value)
      assert.ok(values.includes(box.main['one']))
      assert.ok(!values.includes(original.main['one']))
      event(box, () => box.main['setGlobals']!(9, 9n, 9))
      box.restorer.restore()
      assertEqualsImage(image, box)
    })

    test('an initialisation that moved an internal function cannot be shared', () => {
      const original = makePair()
      initialise(original.state)
      original.main['swap']!(5)
      const image = tier.capture(original.state)
      assert.throws(() => sandbox(tier, image), {code: 'SNAPSHOT_FAILED'})
    })

    test('a budget holds over all memories, and again after a restore', () => {
      const image = capture(tier)
      const budget = createMemoryBudget({limitPages: 20, component: 'greeter'})
      const pair = makePair(budget)
      const restorer = tier.adopt(image, pair.state, {headroomPages: 8})
      const box = {...pair, restorer, tables: tablesOf(pair)}
      const {main, neighbour} = box
      for (let round = 0; round < 3; round++) {
        event(box, () => {
          assert.equal(main['grow']!(6), 3)
          assert.equal(neighbour['ownGrow']!(5), 1)
          assert.equal(budget.exceeded, false)
          assert.equal(main['wideGrow']!(5n), -1n)
          assert.equal(budget.exceeded, true)
          budget.exceeded = false
          assert.equal(main['wideGrow']!(4n), 1n)
          assert.equal(main['grow']!(1), -1)
          assert.equal(neighbour['grow']!(1), -1)
          budget.exceeded = false
        })
        restorer.restore()
        assertEqualsImage(image, box)
      }
    })
  })
}
