import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {MayflyError} from '../../base/errors.ts'
import {decodeComponent} from './decode.ts'

const preamble = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
const coreModule = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

const leb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content]
const component = (...sections: number[][]): Uint8Array => Uint8Array.from([...preamble, ...sections.flat()])

const definitionOf = (id: number, ...content: number[]) => {
  const [definition] = decodeComponent(component(section(id, content))).definitions
  assert.ok(definition)
  const {byteOffset: _, ...rest} = definition
  return rest
}

const options = {
  stringEncoding: 'utf8',
  memory: undefined,
  realloc: undefined,
  postReturn: undefined,
  async: false,
  callback: undefined,
}
const type = (...bytes: number[]) => {
  const definition = definitionOf(7, 1, ...bytes)
  return definition.kind === 'type' ? definition.type : undefined
}
const canon = (...bytes: number[]) => {
  const definition = definitionOf(8, 1, ...bytes)
  return definition.kind === 'canon' ? definition.canon : undefined
}

test('types', () => {
  const table: [number[], unknown][] = [
    [[0x73], {kind: 'prim', prim: 'string'}],
    [[0x64], {kind: 'prim', prim: 'error-context'}],
    [[0x72, 1, 1, 0x61, 0x7d], {kind: 'record', fields: [{label: 'a', type: 'u8'}]}],
    [[0x71, 1, 1, 0x61, 1, 0x05, 0], {kind: 'variant', cases: [{label: 'a', type: 5}]}],
    [[0x70, 0x80, 0x01], {kind: 'list', element: 128, length: undefined}],
    [[0x67, 0x7d, 3], {kind: 'list', element: 'u8', length: 3}],
    [[0x6f, 2, 0x7f, 0x7e], {kind: 'tuple', elements: ['bool', 's8']}],
    [[0x6e, 1, 1, 0x61], {kind: 'flags', labels: ['a']}],
    [[0x6a, 0, 1, 0x73], {kind: 'result', ok: undefined, err: 'string'}],
    [[0x68, 7], {kind: 'borrow', resource: 7}],
    [[0x65, 0], {kind: 'future', element: undefined}],
    [[0x63, 0x73, 0x79], {kind: 'map', key: 'string', value: 'u32'}],
    [[0x3f, 0x7f, 1, 2], {kind: 'resource', rep: 'i32', dtor: 2}],
    [[0x43, 0, 1, 0], {kind: 'func', async: true, params: [], result: undefined}],
    [
      [0x42, 1, 0x04, 0, 1, 0x72, 3, 1],
      {
        kind: 'instance',
        decls: [
          {
            byteOffset: 13,
            kind: 'export',
            name: {name: 'r'},
            type: {kind: 'type', bound: {kind: 'sub-resource'}},
          },
        ],
      },
    ],
  ]
  for (const [bytes, expected] of table) assert.deepEqual(type(...bytes), expected)
})

test('core types: a group counts each of its members, and all are skipped by their length', () => {
  const table: [number[], unknown][] = [
    [[0x60, 1, 0x7f, 1, 0x70], {kind: 'func', params: ['i32'], results: ['funcref']}],
    [[0x00, 0x50, 0, 0x60, 0, 0], {kind: 'opaque', bytes: Uint8Array.of(0x50, 0, 0x60, 0, 0), count: 1}],
    [
      [0x4e, 2, 0x5f, 1, 0x78, 1, 0x5e, 0x64, 0, 0],
      {
        kind: 'opaque',
        bytes: Uint8Array.of(0x4e, 2, 0x5f, 1, 0x78, 1, 0x5e, 0x64, 0, 0),
        count: 2,
      },
    ],
    [[0x50, 1, 0x02, 0x10, 0x01, 1, 4], {kind: 'module', decls: [{kind: 'alias', count: 1, index: 4}]}],
  ]
  for (const [bytes, expected] of table)
    assert.deepEqual(definitionOf(3, 1, ...bytes), {kind: 'core-type', type: expected})
})

test('canonical definitions', () => {
  const table: [number[], unknown][] = [
    [
      [0x00, 0x00, 1, 2, 0x01, 0x03, 9, 4],
      {
        kind: 'lift',
        func: 1,
        options: {...options, stringEncoding: 'utf16', memory: 9},
        type: 4,
      },
    ],
    [[0x01, 0x00, 1, 1, 0x06], {kind: 'lower', func: 1, options: {...options, async: true}}],
    [[0x09, 0x00, 0x73, 0], {kind: 'task.return', result: 'string', options}],
    [[0x0a, 0x7f, 1], {kind: 'context.get', type: 'i32', slot: 1}],
    [[0x0c, 1], {kind: 'thread.yield', cancellable: true}],
    [[0x0f, 3, 1, 0x03, 0], {kind: 'stream.read', type: 3, options: {...options, memory: 0}}],
    [[0x11, 3, 1], {kind: 'stream.cancel-read', type: 3, async: true}],
    [[0x20, 1, 2], {kind: 'waitable-set.wait', cancellable: true, memory: 2}],
    [[0x27, 1, 2], {kind: 'thread.new-indirect', type: 1, table: 2}],
    [[0x2d, 0], {kind: 'thread.yield-then-promote', cancellable: false}],
    [[0x41, 1, 2, 3], {kind: 'thread.spawn-indirect', shared: true, type: 2, table: 3}],
  ]
  for (const [bytes, expected] of table) assert.deepEqual(canon(...bytes), expected)
})

test('imports carry their attributes, aliases their sorts, and offsets count from the outermost binary', () => {
  const inner = [...preamble, ...section(10, [1, 0x02, 1, 0x61, 1, 0x02, 2, 0x69, 0x64, 0x05, 0])]
  const [nested] = decodeComponent(component(section(4, inner))).definitions
  assert.ok(nested?.kind === 'component')
  assert.equal(nested.component.byteOffset, 10)
  assert.deepEqual(nested.component.definitions, [
    {byteOffset: 21, kind: 'import', name: {name: 'a', externalId: 'id'}, type: {kind: 'instance', type: 0}},
  ])
  assert.deepEqual(definitionOf(6, 1, 0x00, 0x11, 0x02, 1, 2), {
    kind: 'alias',
    alias: {kind: 'outer', sort: 'core-module', count: 1, index: 2},
  })
})

test('core modules and custom sections are views, not copies', () => {
  const bytes = component(section(1, coreModule), section(0, [1, 0x78, 5, 6]))
  const {definitions, customSections} = decodeComponent(bytes)
  assert.ok(definitions[0]?.kind === 'core-module')
  assert.equal(definitions[0].bytes.buffer, bytes.buffer)
  assert.deepEqual(customSections, [{name: 'x', byteOffset: 22, bytes: Uint8Array.of(5, 6)}])
  assert.equal(customSections[0]!.bytes.buffer, bytes.buffer)
})

const failure = (bytes: Uint8Array): MayflyError => {
  try {
    decodeComponent(bytes, {file: 'a.wasm'})
  } catch (error) {
    assert.ok(error instanceof MayflyError)
    return error
  }
  return assert.fail('was decoded')
}

test('a core module is told apart, with a hint that names the file', () => {
  const error = failure(Uint8Array.from(coreModule))
  assert.equal(error.code, 'DECODE_CORE_MODULE')
  assert.match(error.hint ?? '', /a\.wasm/)
})

test('malformed binaries: the reason and the byte', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f]
  const table: [Uint8Array, RegExp, number][] = [
    [Uint8Array.of(0x00, 0x61), /unexpected end/, 2],
    [Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0), /magic header/, 0],
    [Uint8Array.from([...preamble.slice(0, 4), 0x0e, 0, 1, 0]), /unknown binary version/, 4],
    [component([13, 0]), /malformed section id/, 8],
    [component([7, ...huge]), /unexpected end/, 14],
    [component(section(7, huge)), /longer than its section/, 10],
    [component(section(10, [1, 0, ...huge])), /unexpected end/, 17],
    [component(section(7, [0, 0])), /unexpected content/, 11],
    [component(section(8, [1, 0x07])), /invalid leading byte \(0x7\) for canonical function/, 11],
    [component(section(8, [1, 0x01, 0, 0, 2, 0x06, 0x06])), /`async` is specified more than once/, 16],
    [component(section(4, coreModule)), /expected a version header for a component/, 14],
  ]
  for (const [bytes, reason, byteOffset] of table) {
    const error = failure(bytes)
    assert.equal(error.code, 'DECODE_MALFORMED')
    assert.match(error.message, reason)
    assert.deepEqual(error.at, {byteOffset}, error.message)
  }
})

test('components and types nested without end are refused, however deep', () => {
  const nest = (depth: number): number[] => {
    let bytes = preamble
    for (let i = 0; i < depth; i++) bytes = [...preamble, ...section(4, bytes)]
    return bytes
  }
  assert.match(failure(Uint8Array.from(nest(101))).message, /components are nested too deeply/)
  const types = Array.from({length: 20_000}, () => [0x42, 1, 0x01]).flat()
  assert.match(failure(component(section(7, [1, ...types, 0x7f]))).message, /types are nested too deeply/)
  decodeComponent(Uint8Array.from(nest(100)))
})

test('any bytes end in a component or in a MayflyError', () => {
  const content = fc.uint8Array({maxLength: 60})
  fc.assert(
    fc.property(fc.nat(13), content, (id, bytes) => {
      try {
        decodeComponent(component(section(id, [1, ...bytes])))
      } catch (error) {
        assert.ok(error instanceof MayflyError, String(error))
      }
    }),
    {numRuns: 2000},
  )
})
