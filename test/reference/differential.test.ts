// test/reference/differential.test.ts: the engine's glue against the reference, on random types and values.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {MayflyError} from '../../src/base/errors.ts'
import {replaceHandles, types, values} from './arbitrary.ts'
import {liftValues, lowerValues, TooMuch, Trap} from './canonical.ts'
import {type Abi, type Guest, linkPair, pairText, type Spec} from './pair.ts'
import {explained, indices, limits, runs} from './runs.ts'
import {contains} from './type.ts'

const MAX_PARAMS = 16
const MAX_RESULTS = 1

const abi: fc.Arbitrary<Abi> = fc.record({
  encoding: fc.constantFrom('utf8' as const, 'utf16' as const, 'latin1+utf16' as const),
  pointer: fc.oneof(
    {weight: 3, arbitrary: fc.constant('i32' as const)},
    {weight: 1, arbitrary: fc.constant('i64' as const)},
  ),
})

type Handles = 'own' | 'borrow' | undefined

/** A signature, and what crosses it; `noise` disturbs raw memory. */
const cases = (handles: fc.Arbitrary<Handles>) =>
  handles.chain(handle =>
    fc
      .record({
        params: fc.array(types(handle), {maxLength: 6}),
        result: fc.option(types(handle === undefined ? undefined : 'own'), {nil: undefined}),
        a: abi,
        b: abi,
        mayBlock: fc.boolean(),
      })
      .chain(spec =>
        fc.record({
          spec: fc.constant(spec),
          args: fc.tuple(...spec.params.map(values)),
          answer: spec.result === undefined ? fc.constant(undefined) : values(spec.result),
          noise: fc.array(fc.record({place: fc.nat(), byte: fc.integer({min: 0, max: 255})}), {maxLength: 6}),
        }),
      ),
  )

type Case = Readonly<{
  spec: Spec
  args: unknown[]
  answer: unknown
  noise: readonly {place: number; byte: number}[]
}>

const count = (value: unknown): number => {
  let handles = 0
  replaceHandles(value, () => handles++)
  return handles
}

test(`values go through two components and back as they were (${runs} runs)`, async t => {
  let crossed = 0
  await fc.assert(
    fc.asyncProperty(
      cases(fc.constantFrom<Handles>(undefined, undefined, 'own', 'borrow')),
      async (drawn: Case) =>
        explained(pairText(drawn.spec), drawn.args, drawn.answer, async () => {
          const {spec, args, answer, noise} = drawn
          const waits = spec.mayBlock && noise.length % 2 === 1
          const handles = count(args)
          const borrows = spec.params.some(type => contains(type, 'borrow'))
          const results = spec.result === undefined ? [] : [spec.result]
          const answers = spec.result === undefined ? [] : [answer]
          crossed += args.length + answers.length
          const expected = replaceHandles(args, indices(0, 0))
          const seen = (guest: Guest) => liftValues(guest.side, MAX_PARAMS, spec.params, guest.params())
          let calls = 0
          const pair = (await linkPair(spec))((...given) => {
            calls++
            assert.deepStrictEqual(given, args, 'the host sees what it gave')
            assert.deepStrictEqual(seen(pair.a), expected, 'A holds it in its memory')
            assert.deepStrictEqual(seen(pair.b), expected, 'B holds it in its memory')
            return waits ? Promise.resolve(answer) : answer
          })
          for (const guest of [pair.a, pair.b]) guest.setDrops(borrows ? handles : 0)
          assert.deepStrictEqual(await pair.run(...args), answer, 'the host gets back what it answered')
          assert.equal(calls, 1)
          for (const guest of [pair.a, pair.b]) {
            const index = borrows ? indices(0, handles) : indices(handles, handles)
            assert.deepStrictEqual(
              liftValues(guest.side, MAX_RESULTS, results, guest.result()),
              replaceHandles(answers, index),
              'the answer lies in both memories',
            )
          }
        }),
    ),
    limits,
  )
  t.diagnostic(`${crossed} values`)
})

/** Runs `go` of B on what lies in its memory. */
async function lifted(
  spec: Spec,
  prepare: (guest: Guest) => bigint[],
): Promise<[engine: unknown, reference: unknown]> {
  let given: unknown
  const answer = new Error('the call ends here')
  const pair = (await linkPair(spec))((...args) => {
    given = args
    throw answer
  })
  const bits = prepare(pair.b)
  pair.b.setParams(bits)
  let failure: unknown
  try {
    await pair.go()
  } catch (error) {
    failure = error
  }
  const engine = outcome(() => {
    if (given === undefined) throw failure
    return given
  })
  // Afterwards, since the guest grows its memory before it calls.
  const reference = outcome(() => liftValues(pair.b.side, MAX_PARAMS, spec.params, bits))
  return [engine, reference]
}

function outcome(lift: () => unknown): unknown {
  try {
    return lift()
  } catch (error) {
    if (error instanceof Trap || (error instanceof MayflyError && error.code.startsWith('TRAP_')))
      return 'trap'
    throw error
  }
}

test(`what the reference lowers, the engine lifts; noise makes both trap or neither (${runs} runs)`, async t => {
  let crossed = 0
  await fc.assert(
    fc.asyncProperty(cases(fc.constant(undefined)), async (drawn: Case) =>
      explained(pairText(drawn.spec), drawn.args, drawn.answer, async () => {
        const {spec, args, noise} = drawn
        crossed += 2 * args.length
        const [plain] = await lifted(spec, ({side}) => lowerValues(side, MAX_PARAMS, spec.params, args))
        assert.deepStrictEqual(plain, args, 'undisturbed')
        const disturb = (guest: Guest): bigint[] => {
          const before = guest.side.allocate(1, 0)
          const bits = lowerValues(guest.side, MAX_PARAMS, spec.params, args)
          const length = guest.side.allocate(1, 0) - before
          for (const {place, byte} of noise) {
            const at = place % (length + 8 * bits.length + 1)
            if (at < length) guest.side.bytes()[before + at] = byte
            else {
              const k = Math.floor((at - length) / 8)
              const shift = BigInt((at - length) % 8) * 8n
              if (bits[k] !== undefined) bits[k] = BigInt.asUintN(64, bits[k] ^ (BigInt(byte) << shift))
            }
          }
          return clip(guest, bits)
        }
        try {
          const [engine, reference] = await lifted(spec, disturb)
          assert.deepStrictEqual(engine, reference, 'disturbed')
        } catch (error) {
          if (!(error instanceof TooMuch)) throw error
        }
      }),
    ),
    limits,
  )
  t.diagnostic(`${crossed} values`)
})

/** What the core types leave of the bits. */
function clip(guest: Guest, bits: readonly bigint[]): bigint[] {
  guest.setParams(bits)
  return guest.params()
}
