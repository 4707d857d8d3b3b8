import assert from 'node:assert/strict'
import {test} from 'node:test'
import {SECTION} from '../../engine/core/module-decode.ts'
import {concat, name, unsigned} from '../../engine/core/writer.ts'
import {
  aliasExports,
  exposeGlobals,
  replaceModule,
  stripForTemplate,
  withCodeOf,
  withoutCode,
  writeBack,
} from './engine-module.ts'
import {joinSections, splitSections} from './sections.ts'

const PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
const bytes = (...parts: (number | number[])[]) => Uint8Array.from(parts.flat())
const exported = (label: string, kind: number, index: number) => [...name(label), kind, index]

/**
 * ```wat
 * (module
 *   (memory (export "memory") 1)
 *   (global (mut i32) (i32.const 5)) (global i32 (i32.const 6)) (global (mut i64) (i64.const -7))
 *   (func (export "_initialize"))
 *   (func (export "init") (i32.store (i32.const 70000) (i32.const 0x01020304)) after memory.grow by 1,
 *     (global.set 0 (i32.const -1)) (global.set 2 (i64.const 9)))
 *   (func (export "get") (result i64) (global.get 2))
 *   (data (i32.const 8) "hello"))
 * ```
 */
const MODULE = joinSections({
  preamble: PREAMBLE,
  sections: [
    {id: SECTION.type, body: bytes(2, [0x60, 0, 0], [0x60, 0, 1, 0x7e])},
    {id: SECTION.function, body: bytes(3, 0, 0, 1)},
    {id: SECTION.memory, body: bytes(1, 0, 1)},
    {
      id: SECTION.global,
      body: bytes(3, [0x7f, 1, 0x41, 5, 0x0b], [0x7f, 0, 0x41, 6, 0x0b], [0x7e, 1, 0x42, 0x79, 0x0b]),
    },
    {
      id: SECTION.export,
      body: bytes(
        4,
        exported('memory', 2, 0),
        exported('_initialize', 0, 0),
        exported('init', 0, 1),
        exported('get', 0, 2),
      ),
    },
    {
      id: SECTION.code,
      body: bytes(
        3,
        [2, 0, 0x0b],
        [
          32, 0, 0x41, 1, 0x40, 0, 0x1a, 0x41, 0xf0, 0xa2, 4, 0x41, 0x84, 0x86, 0x88, 8, 0x36, 2, 0, 0x41,
          0x7f, 0x24, 0, 0x42, 9, 0x24, 2, 0x01, 0x01, 0x01, 0x01, 0x01, 0x0b,
        ],
        [4, 0, 0x23, 2, 0x0b],
      ),
    },
    {id: SECTION.data, body: bytes(1, [0, 0x41, 8, 0x0b, 5], [...Buffer.from('hello')])},
  ],
})

type Exports = {memory: WebAssembly.Memory; init(): void; get(): bigint}
const instantiate = (module: Uint8Array) =>
  new WebAssembly.Instance(new WebAssembly.Module(module as Uint8Array<ArrayBuffer>), {})
    .exports as unknown as Exports & Record<string, WebAssembly.Global>

test('a module that ran is written back: memory, its growth, and mutable globals', () => {
  const exposed = exposeGlobals(MODULE)
  assert.deepEqual(exposed.names, ['mayfly:global/0', 'mayfly:global/2'])
  const first = instantiate(exposed.module)
  first.init()
  const memory = new Uint8Array(first.memory.buffer).slice()
  const globals = exposed.names.map(name => first[name]!.value as number | bigint)
  assert.deepEqual(globals, [-1, 9n])

  const template = stripForTemplate(MODULE, new Set(['_initialize', 'init']))
  const again = instantiate(writeBack(template, {memory, globals}))
  assert.deepEqual(new Uint8Array(again.memory.buffer), memory)
  assert.equal(again.get(), 9n)
  assert.deepEqual(Object.keys(again), ['memory', 'get'])
})

test('a template has no data, and the exports named to it are gone', () => {
  const template = instantiate(stripForTemplate(MODULE, new Set(['_initialize'])))
  assert.deepEqual(Object.keys(template), ['memory', 'init', 'get'])
  assert.ok(new Uint8Array(template.memory.buffer).every(byte => byte === 0))
})

test('an export gets a second name; one that is not there is missed', () => {
  const aliased = instantiate(aliasExports(MODULE, {get: 'again'})) as unknown as Record<string, unknown>
  assert.deepEqual(Object.keys(aliased), ['memory', '_initialize', 'init', 'get', 'again'])
  assert.equal(aliased['again'], aliased['get'])
  assert.throws(() => aliasExports(MODULE, {get: 'again', set: 'other'}), /get, set/)
})

test('without its code each function traps; with the code of a module it is that module again', () => {
  const empty = withoutCode(MODULE)
  const {get, init} = instantiate(empty)
  for (const trap of [get, init]) assert.throws(() => trap(), WebAssembly.RuntimeError)
  assert.deepEqual(withCodeOf(empty, MODULE), MODULE)
})

const refused: [what: string, id: number, body: Uint8Array][] = [
  ['an imported memory', SECTION.import, bytes(1, name('a'), name('b'), 2, 0, 1)],
  ['a global that is no number', SECTION.global, bytes(1, [0x70, 1, 0xd0, 0x70, 0x0b])],
]
for (const [what, id, body] of refused) {
  test(`${what} is refused`, () => {
    const sections = splitSections(MODULE).sections.filter(section => section.id !== id)
    const module = joinSections({preamble: PREAMBLE, sections: [{id, body}, ...sections]})
    assert.throws(() => exposeGlobals(module), {code: 'DECODE_MALFORMED'})
  })
}

test('a module inside a component is replaced, and nothing else', () => {
  const component = concat([
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
    Uint8Array.of(1, 2, 10, 11),
    Uint8Array.of(7, 1, 12),
    Uint8Array.of(1, 1, 13),
  ])
  const replaced = replaceModule(component, 1, module => concat([module, new Uint8Array(200)]))
  assert.deepEqual([...replaced.subarray(8, 15)], [1, 2, 10, 11, 7, 1, 12])
  assert.deepEqual([...replaced.subarray(15, 19)], [1, ...unsigned(201), 13])
})
