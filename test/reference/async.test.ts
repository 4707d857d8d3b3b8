// test/reference/async.test.ts: asynchronous calls, streams and futures against the reference, on random types and values.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {echo} from '../../src/engine/link/async-host.fixtures.ts'
import {hostResource} from '../../src/engine/link/imports.ts'
import {rootImports, sandboxOf} from '../../src/engine/link/link.fixtures.ts'
import {replaceHandles, types, values} from './arbitrary.ts'
import {
  type AsyncGuest,
  type AsyncSpec,
  asyncPairText,
  FORMS,
  linkAsyncPair,
  type Seen,
} from './async-pair.ts'
import {liftValues, size} from './canonical.ts'
import {explained, indices, limits, runs} from './runs.ts'
import {type Type, TypeText} from './type.ts'

const listOf = (of: Type): Type => ({kind: 'list', of, length: undefined})

const guest: fc.Arbitrary<AsyncGuest> = fc.record({
  encoding: fc.constantFrom('utf8' as const, 'utf16' as const, 'latin1+utf16' as const),
  form: fc.constantFrom(...FORMS),
  lowersAsync: fc.boolean(),
})

const cases = fc.constantFrom(undefined, 'own' as const).chain(handle =>
  fc
    .record({
      params: fc.array(types(handle, 2), {minLength: 0, maxLength: 2}),
      result: types(undefined, 2),
      a: guest,
      b: guest,
    })
    .chain(spec =>
      fc.record({
        spec: fc.constant<AsyncSpec>(spec),
        args: fc.tuple(...spec.params.map(type => values(listOf(type)))),
        answer: values(listOf(spec.result)),
        /** After so many turns of the event loop; at once if unset. */
        later: fc.option(fc.integer({min: 0, max: 3}), {nil: undefined}),
      }),
    ),
)

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}

test(`values go through asynchronous calls of two components and back as they were (${runs} runs)`, async t => {
  let crossed = 0
  await fc.assert(
    fc.asyncProperty(cases, ({spec, args, answer, later}) =>
      explained(asyncPairText(spec), args, answer, async () => {
        crossed += [...args, answer].reduce((sum, list) => sum + list.length, 0)
        const lists = spec.params.map(listOf)
        const expected = replaceHandles(args, indices(0, 0))
        const seen = (one: Seen) => liftValues(one.side, 16, lists, one.params())
        let calls = 0
        const pair = (await linkAsyncPair(spec))((...given) => {
          calls++
          assert.deepStrictEqual(given, args, 'the host sees what it gave')
          assert.deepStrictEqual(seen(pair.a), expected, 'A holds it in its memory')
          assert.deepStrictEqual(seen(pair.b), expected, 'B holds it in its memory')
          return later === undefined ? answer : turns(later).then(() => answer)
        })
        assert.deepStrictEqual(await pair.run(...args), answer, 'the host gets back what it answered')
        assert.equal(calls, 1)
        for (const one of [pair.a, pair.b])
          assert.deepStrictEqual(
            liftValues(one.side, 16, [listOf(spec.result)], one.result()),
            [answer],
            'the answer lies in both memories',
          )
      }),
    ),
    limits,
  )
  t.diagnostic(`${crossed} values`)
})

/** In bytes: the guest copies several through its buffer. There is no stream of characters, either: `string` is for text. */
const MAX_ELEMENT = 512

const streams = types(undefined, 2).chain(type =>
  fc.record({
    type: fc.constant(type),
    chunks: fc.array(values(listOf(type)), {maxLength: 4}),
    single: values(type),
  }),
)

test(`elements go through a guest's streams and futures as they were (${runs} runs)`, async t => {
  let crossed = 0
  await fc.assert(
    fc.asyncProperty(
      streams.filter(({type}) => type.kind !== 'char' && size(type, 'i32') <= MAX_ELEMENT),
      ({type, chunks, single}) => {
        const text = new TypeText()
        const element = text.of(type)
        const before = `(import "r" (type $r (sub resource))) ${text.definitions.join(' ')}`
        return explained(echo(element, before), chunks, single, async () => {
          const {call, sandbox} = await sandboxOf(echo(element, before), rootImports({r: hostResource()}))
          crossed += 1 + chunks.reduce((sum, chunk) => sum + chunk.length, 0)
          const found: unknown[] = []
          for await (const chunk of await call('echo', chunks)) found.push(...Array.from(chunk as unknown[]))
          assert.deepStrictEqual(
            found,
            chunks.flatMap(chunk => Array.from(chunk)),
          )
          assert.deepStrictEqual(await await call('echo-future', Promise.resolve(single)), single)
          sandbox.dispose()
        })
      },
    ),
    limits,
  )
  t.diagnostic(`${crossed} values`)
})
