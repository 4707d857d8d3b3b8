import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import fc from 'fast-check'
import {decodeCoreModule, SECTION} from '../core/module-decode.ts'
import {concat, section, unsigned} from '../core/writer.ts'
import {makeLean} from './lean.ts'
import {wasm} from './snapshot.fixtures.ts'

const SIZE = 600

/** Functions f0, f1, ... of a type, each of which gives its own number. */
const functions = (count: number, type = '$t'): string =>
  Array.from({length: count}, (_, i) => `(func $f${i} (type ${type}) i32.const ${i})`).join('\n')
const names = (count: number): string => Array.from({length: count}, (_, i) => `$f${i}`).join(' ')

const TYPE = '(type $t (func (result i32)))'
const CALL = '(func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0)))'
const ELEM = `(elem (i32.const 0) func ${names(SIZE)})`
const TABLE = `(table ${SIZE} funcref)`
const MODULE = {type: TYPE, imports: '', table: TABLE, elem: ELEM, more: '', call: CALL}

const text = (parts: Partial<typeof MODULE>): string => {
  const {type, imports, table, elem, more, call} = {...MODULE, ...parts}
  return `(module ${type} ${imports} ${table} ${elem} ${functions(SIZE)} ${call} ${more})`
}

/** How many entries the tables of an instance begin with. */
const entriesOf = (bytes: Uint8Array): number =>
  decodeCoreModule(bytes).tables.reduce((sum, {limits}) => sum + Number(limits.min), 0)

const isFixed = async (parts: Partial<typeof MODULE>): Promise<boolean> => {
  const bytes = await wasm(text(parts))
  const lean = makeLean(bytes)
  new WebAssembly.Module(lean.bytes as Uint8Array<ArrayBuffer>)
  return entriesOf(lean.bytes) < entriesOf(bytes)
}

type Exports = Record<string, (...args: unknown[]) => unknown>

const instance = (bytes: Uint8Array, imports: WebAssembly.Imports = {}): Exports =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), imports)
    .exports as Exports

const outcome = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    assert.ok(error instanceof WebAssembly.RuntimeError, String(error))
    return 'trap'
  }
}

describe('a large table that is only called through', () => {
  test('is short in an instance, and is not state', async () => {
    assert.equal(await isFixed({}), true)
    const {tables} = makeLean(await wasm(text({})))
    assert.deepEqual(tables, [])
  })

  const others: [what: string, parts: Partial<typeof MODULE>][] = [
    ['is exported', {more: '(export "t" (table 0))'}],
    ['is imported', {imports: `(import "" "t" ${TABLE})`, table: ''}],
    ['is small', {table: '(table 300 funcref)', elem: `(elem (i32.const 0) func ${names(300)})`}],
    ['has four like it beside it', {table: TABLE.repeat(5)}],
    ['has wide indices', {table: `(table i64 ${SIZE} funcref)`, elem: '', call: ''}],
    ['has no functions', {table: `(table ${SIZE} externref) (table 1 funcref)`, elem: '', call: ''}],
    ['begins with another value', {table: `(table ${SIZE} funcref (ref.func $f0))`, elem: '', call: ''}],
    ['is filled from expressions', {elem: '(elem (i32.const 0) funcref (ref.func $f0) (ref.null func))'}],
    [
      'is filled from where a global says',
      {imports: '(import "" "g" (global i32))', elem: `(elem (global.get 0) func $f0)`},
    ],
    ['is filled beyond its end', {elem: `(elem (i32.const ${SIZE}) func $f0)`}],
    ['is filled before its start', {elem: '(elem (i32.const -1) func $f0)'}],
    ['is read', {more: '(func (result funcref) (table.get 0 (i32.const 1)))'}],
    ['is measured', {more: '(func (result i32) table.size 0)'}],
    ['is written', {more: '(func (table.set 0 (i32.const 1) (ref.null func)))'}],
    ['is filled by code', {more: '(func (table.fill 0 (i32.const 1) (ref.null func) (i32.const 1)))'}],
    ['grows', {more: '(func (result i32) (table.grow 0 (ref.null func) (i32.const 1)))'}],
    ['is copied', {more: '(func (table.copy 0 0 (i32.const 1) (i32.const 0) (i32.const 1)))'}],
    [
      'is filled from a passive segment',
      {more: '(elem $e func $f1) (func (table.init $e (i32.const 1) (i32.const 0) (i32.const 1)))'},
    ],
    [
      'is called with a type that may have others below it',
      {more: '(type $o (sub (func))) (func (call_indirect (type $o) (i32.const 0)))'},
    ],
    [
      'is called with a type of references to types',
      {
        more: '(type $r (func (param (ref null $t)))) (func (call_indirect (type $r) (ref.null $t) (i32.const 0)))',
      },
    ],
    [
      'is called with a type of many parameters',
      {
        more: `(type $p (func (param ${'i32 '.repeat(40)}))) (func (call_indirect (type $p) ${'(i32.const 0) '.repeat(40)} (i32.const 0)))`,
      },
    ],
    [
      'is called where no local can be added',
      {more: `(func (local ${'i32 '.repeat(50_000)}) (drop (call_indirect (type $t) (i32.const 0))))`},
    ],
  ]
  for (const [what, parts] of others)
    test(`stays as it is where it ${what}`, async () => {
      assert.equal(await isFixed(parts), false)
    })

  test('is filled by later segments over earlier ones, and not everywhere', async () => {
    const bytes = await wasm(
      text({elem: '(elem (i32.const 3) func $f3 $f4 $f5) (elem (table 0) (i32.const 4) func $f9)'}),
    )
    const lean = makeLean(bytes)
    assert.ok(entriesOf(lean.bytes) < SIZE)
    const call = instance(lean.bytes)['call']!
    assert.deepEqual(
      [2, 3, 4, 5, 6].map(entry => outcome(() => call(entry))),
      ['trap', 3, 9, 5, 'trap'],
    )
  })

  test('is short in a module without code, too', async () => {
    const bytes = await wasm(`(module ${TABLE})`)
    const lean = makeLean(bytes)
    assert.equal(entriesOf(lean.bytes), 1)
    instance(lean.bytes)
  })

  test('declares its functions still', async () => {
    const bytes = await wasm(text({more: '(func (export "f7") (result funcref) ref.func $f7)'}))
    const lean = makeLean(bytes)
    assert.ok(entriesOf(lean.bytes) < SIZE)
    assert.equal((instance(lean.bytes)['f7']!() as () => number)(), 7)
  })

  test('refuses a maximum below its size, which V8 no longer sees', async () => {
    const bytes = await wasm(text({table: `(table ${SIZE} ${SIZE + 1} funcref)`}))
    const max = Buffer.from(bytes).indexOf(Buffer.from([0xd8, 0x04, 0xd9, 0x04])) + 2
    bytes[max] = 0xd7
    assert.throws(() => makeLean(bytes), {code: 'DECODE_MALFORMED'})
  })

  test('refuses what follows the last segment, which V8 no longer sees', async () => {
    const bytes = await wasm(text({}))
    const {id, start, end} = decodeCoreModule(bytes).sections.find(each => each.id === SECTION.element)!
    const head = bytes.subarray(0, start - 1 - unsigned(end - start).length)
    const longer = section(id, [bytes.subarray(start, end), [0]])
    const module = concat([head, ...longer, bytes.subarray(end)])
    assert.throws(() => makeLean(module), {code: 'DECODE_MALFORMED'})
  })

  test('no more frames are on the stack', async () => {
    const bytes =
      await wasm(`(module ${TYPE} (import "" "stack" (func $stack (type $t))) ${TABLE} ${functions(SIZE - 1)}
      (func $deep (type $t) call $stack) (elem (i32.const 0) func ${names(SIZE - 1)} $deep) ${CALL})`)
    const depths = [bytes, makeLean(bytes).bytes].map(each => {
      let stack: string | undefined
      const host = () => {
        stack = new Error('here').stack
        return 1
      }
      const imports = {'': {stack: host}}
      instance(each, imports)['call']!(SIZE - 1)
      return stack!.split('\n').filter(line => line.includes('wasm')).length
    })
    assert.equal(depths[0], 2)
    assert.equal(depths[1], depths[0])
  })
})

const TYPES = ['i32', 'i64', 'f32', 'f64', 'funcref', 'externref'] as const
const ZERO: Readonly<Record<(typeof TYPES)[number], unknown>> = {
  i32: 0,
  i64: 0n,
  f32: 0,
  f64: 0,
  funcref: null,
  externref: null,
}

const signature = fc.record({
  params: fc.array(fc.constantFrom(...TYPES), {maxLength: 12}),
  results: fc.array(fc.constantFrom(...TYPES), {maxLength: 3}),
})

/** A module of functions that add their own number to each parameter they give back, and what calls all of them. */
const module = fc
  .record({
    signatures: fc.uniqueArray(signature, {
      minLength: 1,
      maxLength: 5,
      selector: each => JSON.stringify(each),
    }),
    stretches: fc.array(
      fc.record({
        type: fc.nat(4),
        count: fc.integer({min: 1, max: 200}),
        gap: fc.nat(140),
        imported: fc.boolean(),
      }),
      {minLength: 1, maxLength: 12},
    ),
    end: fc.integer({min: 500, max: 900}),
    locals: fc.array(fc.constantFrom('i32', 'i64', 'funcref'), {maxLength: 3}),
  })
  .map(({signatures, stretches, end, locals}) => {
    const types: string[] = []
    const imports: string[] = []
    const bodies: string[] = []
    const elems: string[] = []
    const entries: number[] = []
    const list = (kind: string, of: readonly string[]) => (of.length === 0 ? '' : `(${kind} ${of.join(' ')})`)
    signatures.forEach(({params, results}, t) => {
      types.push(`(type $t${t} (func ${list('param', params)} ${list('result', results)}))`)
    })
    let at = 0
    stretches.forEach(({type, count, gap, imported}, s) => {
      const t = type % signatures.length
      const {params, results} = signatures[t]!
      at += gap
      const own = Array.from({length: count}, (_, i) => `$f${s}_${i}`)
      for (const [i, name] of own.entries()) {
        entries.push(at + i)
        if (imported && i % 7 === 0) {
          imports.push(`(import "host" "${t}" (func ${name} (type $t${t})))`)
          continue
        }
        const number = s * 1000 + i
        const values = results.map(result => {
          const param = params.indexOf(result)
          if (result === 'funcref' || result === 'externref')
            return param < 0 ? `(ref.null ${result.slice(0, -3)})` : `(local.get ${param})`
          return param < 0
            ? `(${result}.const ${number})`
            : `(${result}.add (local.get ${param}) (${result}.const ${number}))`
        })
        bodies.push(`(func ${name} (type $t${t}) ${values.join(' ')})`)
      }
      elems.push(`(elem (i32.const ${at}) func ${own.join(' ')})`)
      at += count
    })
    const callers = signatures.flatMap(({params}, t) => {
      const args = params.map((_, i) => `(local.get ${i})`).join(' ')
      return ['call_indirect', 'return_call_indirect'].map(
        call => `(func (export "${call} ${t}") ${list('param', [...params, 'i32'])} ${list('result', signatures[t]!.results)}
          ${list('local', locals)} (${call} (type $t${t}) ${args} (local.get ${params.length})))`,
      )
    })
    const size = Math.max(at, end)
    const host = Object.fromEntries(
      signatures.map(({results}, t) => {
        const values = results.map(result => ZERO[result])
        return [String(t), () => (values.length > 1 ? values : values[0])]
      }),
    )
    return {
      signatures,
      size,
      entries,
      host,
      text: `(module ${types.join('\n')} ${imports.join('\n')} (table ${size} funcref) ${elems.join('\n')} ${bodies.join('\n')} ${callers.join('\n')})`,
    }
  })

test('calls through a fixed table do what they did, from every entry, with every type', async () => {
  let fixed = 0
  await fc.assert(
    fc.asyncProperty(module, async ({text, signatures, size, entries, host}) => {
      const bytes = await wasm(text)
      const lean = makeLean(bytes)
      if (entriesOf(lean.bytes) < size) fixed++
      const one = instance(bytes, {host})
      const other = instance(lean.bytes, {host})
      const tried = [
        ...entries,
        -1,
        -128,
        -(2 ** 31),
        size - 1,
        size,
        size + 127,
        size + 128,
        2 ** 30,
        2 ** 31 - 1,
      ]
      for (const [t, {params}] of signatures.entries()) {
        const args = params.map((type, i) =>
          type === 'i64' ? BigInt(i) : type.endsWith('ref') ? null : i + 0.5,
        )
        for (const call of ['call_indirect', 'return_call_indirect'])
          for (const entry of tried)
            assert.deepEqual(
              outcome(() => other[`${call} ${t}`]!(...args, entry)),
              outcome(() => one[`${call} ${t}`]!(...args, entry)),
              `${call} ${t} of entry ${entry}`,
            )
      }
    }),
    {numRuns: 60},
  )
  assert.ok(fixed > 30, `${fixed} tables were fixed`)
})
