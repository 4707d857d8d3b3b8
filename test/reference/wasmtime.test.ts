// test/reference/wasmtime.test.ts: compositions that answer by themselves give the same in the engine and in wasmtime, on
// random types and values.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import fc from 'fast-check'
import {MayflyError} from '../../src/base/errors.ts'
import {withoutWasmtime} from '../wasmtime.ts'
import {types, values} from './arbitrary.ts'
import {FORMS} from './async-pair.ts'
import {flatten, TooMuch, Trap} from './canonical.ts'
import {
  type AsyncClosed,
  asyncClosedText,
  asyncSignatureOf,
  type Closed,
  closedText,
  edgeOf,
  type Signature,
  signatureOf,
} from './closed.ts'
import {edge} from './edge.ts'
import {type Far, liftAnswer} from './far-end.ts'
import {type Abi, linkBinary} from './pair.ts'
import {explained, limits, wasmtimeRuns as runs} from './runs.ts'
import type {Prim, Type} from './type.ts'
import {invoke} from './wasmtime-run.ts'
import {writeWave} from './wave.ts'
import {readWave} from './wave-reader.ts'

const encoding = fc.constantFrom('utf8' as const, 'utf16' as const, 'latin1+utf16' as const)
const listOf = (of: Type): Type => ({kind: 'list', of, length: undefined})

/** What is drawn before the values. */
type Shape<C extends {far: Far}> = Omit<C, 'far'> & {far: Omit<Far, 'value'>}

type Drawn<C> = Readonly<{closed: C; args: unknown[]}>

const drawn = <C extends {far: Omit<Far, 'value'>}>(shapes: fc.Arbitrary<C>) =>
  shapes.chain(shape =>
    fc
      .record({
        value: shape.far.own === undefined ? fc.constant(undefined) : values(edge(shape.far.own)),
        args: fc.tuple(...shape.far.params.map(type => values(edge(type)))),
      })
      .map(({value, args}) => ({closed: {...shape, far: {...shape.far, value}}, args})),
  )

/** What comes of a call that a guest's memory does not allow. */
const TRAP = Symbol('trap')

/** Neither gives an answer that was not expected. */
async function compare(
  text: string,
  signature: Signature,
  {args, expected}: Readonly<{args: readonly unknown[]; expected: unknown}>,
): Promise<void> {
  const {params, result} = edgeOf(signature)
  await explained(text, args, expected, async () => {
    const component = await parse(text)
    const made = linkBinary(component, {validate: true, mayBlock: true})(() => undefined)
    assert.deepStrictEqual(await outcomeOf(() => made.at('run')(...args)), expected, 'in the engine')

    const call = `run(${params.map((type, i) => writeWave(type, args[i])).join(', ')})`
    const {command, status, stdout, stderr} = invoke(component, call)
    const reason = stderr.split('\nStack backtrace')[0]!
    if (expected === TRAP) {
      assert.match(
        reason,
        /error while executing/,
        `${command}\nprints ${stdout}${reason}\ninstead of a trap`,
      )
      return
    }
    assert.equal(status, 0, `${command}\nfails: ${reason}`)
    const [found, wanted, printed] =
      result === undefined
        ? [stdout, '()\n', '()']
        : [readWave(result, stdout), expected, writeWave(result, expected)]
    assert.deepStrictEqual(found, wanted, `${command}\nprints ${stdout}instead of ${printed}`)
  })
}

async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof TooMuch) return error
    if (error instanceof Trap || (error instanceof MayflyError && error.code.startsWith('TRAP_'))) return TRAP
    throw error
  }
}

const together = (all: readonly unknown[]): unknown => (all.length > 1 ? all : all[0])

/**
 * No 64-bit memories: wasmtime has a flag for them, but its documentation calls what is behind it very incomplete
 * (Config::wasm_component_model_memory64). Version 48 reads its results by the layout of 32-bit ones and makes adapters
 * that are no valid modules.
 */
const abi: fc.Arbitrary<Abi> = fc.record({encoding, pointer: fc.constant('i32' as const)})

test(`values come back as they were (${runs} runs)`, {skip: withoutWasmtime}, async t => {
  let crossed = 0
  const far = fc.record({
    params: fc.array(types(undefined), {maxLength: 6}),
    own: fc.option(types(undefined), {nil: undefined}),
    noise: fc.constant([]),
  })
  await fc.assert(
    fc.asyncProperty(
      drawn<Shape<Closed>>(fc.record({far, a: abi, b: abi, c: abi})),
      ({closed, args}: Drawn<Closed>) => {
        const {own, value} = closed.far
        const all = own === undefined ? args : [...args, value]
        crossed += args.length + all.length
        return compare(closedText(closed), signatureOf(closed), {args, expected: together(all)})
      },
    ),
    {...limits, numRuns: runs},
  )
  t.diagnostic(`${crossed} values`)
})

test(`values come back from asynchronous calls (${runs} runs)`, {skip: withoutWasmtime}, async t => {
  let crossed = 0
  const guest = fc.record({encoding, form: fc.constantFrom(...FORMS), lowersAsync: fc.boolean()})
  const far = fc.record({
    params: fc.array(types(undefined, 2).map(listOf), {maxLength: 2}),
    own: types(undefined, 2).map(listOf),
    noise: fc.constant([]),
  })
  const c = fc.record({encoding, form: fc.constantFrom(...FORMS), yields: fc.boolean()})
  await fc.assert(
    fc.asyncProperty(
      drawn<Shape<AsyncClosed>>(fc.record({far, a: guest, b: guest, c})),
      ({closed, args}: Drawn<AsyncClosed>) => {
        const all = [...args, closed.far.value]
        for (const list of [...args, ...all]) crossed += (list as unknown[]).length
        const expected = [together(all)]
        return compare(asyncClosedText(closed), asyncSignatureOf(closed), {args, expected})
      },
    ),
    {...limits, numRuns: runs},
  )
  t.diagnostic(`${crossed} values`)
})

test(`a guest's memory that makes one trap makes all (${runs} runs)`, {skip: withoutWasmtime}, async t => {
  let crossed = 0
  let traps = 0
  const byte = fc.oneof(fc.constantFrom(0, 1, 2, 0x80, 0xff), fc.integer({min: 0, max: 255}))
  const far = fc.record({
    params: fc.constant([]),
    own: types(undefined).filter(type => flatten(type, 'i32').length > 1),
    noise: fc.array(fc.record({place: fc.nat(), byte}), {minLength: 1, maxLength: 6}),
  })
  await fc.assert(
    fc.asyncProperty(drawn<Shape<Closed>>(fc.record({far, a: abi, b: abi, c: abi})), async ({closed}) => {
      const expected = await outcomeOf(() => liftAnswer(closed.far, closed.c))
      if (expected instanceof TooMuch) return
      crossed++
      if (expected === TRAP) traps++
      await compare(closedText(closed), signatureOf(closed), {args: [], expected})
    }),
    {...limits, numRuns: runs},
  )
  t.diagnostic(`${crossed} values`)
  t.diagnostic(`${traps} traps`)
})

const of = (kind: Prim): Type => ({kind})
const option = (of: Type): Type => ({kind: 'option', of})
const FLOATS = [Number.NaN, -0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const EDGES: readonly (readonly [Type, unknown])[] = [
  [listOf(of('f32')), Float32Array.of(...FLOATS, 2 ** -149, (2 - 2 ** -23) * 2 ** 127, 0.1)],
  [listOf(of('f64')), Float64Array.of(...FLOATS, Number.MIN_VALUE, Number.MAX_VALUE, 0.1)],
  [listOf(of('s64')), BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
  [of('u64'), 2n ** 64n - 1n],
  [listOf(of('char')), ["'", '"', '\\', '\n', '\0', '\u{7f}', '\u{d7ff}', '\u{e000}', '\u{10ffff}']],
  [listOf(of('string')), ['', '"\'\\\t\r\n\0', 'é', '\u{301}', '\u{100}', '\u{1f41d}', '{a: 1} // (']],
  [option(option(of('string'))), {tag: 'some', val: undefined}],
  [option({kind: 'result', ok: undefined, err: option(of('f32'))}), {tag: 'err', val: -0}],
  [{kind: 'flags', labels: Array.from({length: 32}, (_, i) => `l${i}`)}, bits(0x80000001)],
  [{kind: 'enum', labels: ['none', 'some', 'ok', 'err', 'true', 'inf', 'nan']}, 'nan'],
  [
    {
      kind: 'variant',
      cases: [
        ['false', undefined],
        ['err', of('bool')],
      ],
    },
    {tag: 'err', val: false},
  ],
]

function bits(set: number): Record<string, boolean> {
  return Object.fromEntries(Array.from({length: 32}, (_, i) => [`l${i}`, ((set >>> i) & 1) === 1]))
}

for (const encoding of ['utf8', 'utf16', 'latin1+utf16'] as const)
  test(`values at the edges come back as they were, in ${encoding}`, {skip: withoutWasmtime}, async () => {
    for (const [type, value] of EDGES) {
      const each: Abi = {encoding, pointer: 'i32'}
      const far: Far = {params: [type], own: type, value, noise: []}
      const closed: Closed = {far, a: each, b: {...each, encoding: 'utf16'}, c: each}
      await compare(closedText(closed), signatureOf(closed), {args: [value], expected: [value, value]})
    }
  })
