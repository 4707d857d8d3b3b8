// test/fuzz/bombs.ts: components in which few bytes describe much: what it costs to refuse or load them must stay in
// proportion to their bytes.
import {parse} from '@bytecodealliance/jco'
import {concat, name, section, unsigned} from '../../src/engine/core/writer.ts'

export type Bomb = Readonly<{
  name: string
  make: (count: number) => Promise<Uint8Array> | Uint8Array
  /** Whether a few bytes more describe twice as much: it can only be refused. */
  doubles?: true
}>

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]
const CORE_PREAMBLE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const HUGE = unsigned(2 ** 32 - 1)

type Pieces = readonly (Uint8Array | readonly number[])[]

const component = (...sections: Pieces[]): Uint8Array => concat([PREAMBLE, ...sections.flat()])
const vec = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()]
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({length: count}, (_, i) => make(i))
const repeat = (count: number, text: (i: number) => string): string => times(count, text).join('\n')
const text = (make: (count: number) => string) => (count: number) => parse(`(component ${make(count)})`)

/** Component k + 1 instantiates component k twice, with `inner` at the bottom and `outside` in each. */
const doubling = (levels: number, inner: string, outside = ''): string => `(component $c0 ${inner})
  ${repeat(
    levels,
    i => `(component $c${i + 1} ${outside}
      (alias outer 1 ${i} (component $c))
      (instance $a (instantiate $c)) (instance $b (instantiate $c)))`,
  )}
  (instance (instantiate $c${levels}))`

/** A type that has `by` of its predecessor, so many times. */
const nested = (count: number, by: (type: string) => string, of = 'u8'): string =>
  `(type $t0 ${of}) ${repeat(count, i => `(type $t${i + 1} ${by(`$t${i}`)})`)}`

/** The innermost of types nested as far as they may be, as a function's parameter and result. */
const passed = (types: string, last: string, flat = 'i32'): string => `${types}
  (core module $m (memory (export "m") 1) (func (export "f") (param ${flat}) (result i32) unreachable)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m))
  (import "t" (type $named (eq ${last})))
  (func (export "f") (param "x" $named) (result $named)
    (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "realloc"))))`

const coreModule = (...sections: Pieces[]): Uint8Array => concat([CORE_PREAMBLE, ...sections.flat()])

export const BOMBS: readonly Bomb[] = [
  {name: 'a component in a component, thousands deep', make: nestedComponents},
  {name: 'an instance type in an instance type, thousands deep', make: nestedInstanceTypes},
  {name: 'lists of lists', make: text(count => nested(count, type => `(list ${type})`))},
  {
    name: 'tuples of two equal tuples',
    doubles: true,
    make: text(count => nested(Math.min(count, 90), type => `(tuple ${type} ${type})`)),
  },
  {
    name: 'results of two equal lists, as wide as they may be, passed',
    make: text(count => {
      const depth = Math.min(count, 16)
      return passed(
        nested(depth, type => `(result (list ${type}) (error (list ${type})))`),
        `$t${depth}`,
        'i32 i32 i32',
      )
    }),
  },
  {
    name: 'a record of thousands of fields, passed',
    make: text(count => passed(`(type $r (record ${repeat(count, i => `(field "f${i}" string)`)}))`, '$r')),
  },
  {
    name: 'a variant of thousands of cases, each a tuple of sixteen',
    make: text(count =>
      passed(
        `(type $x (tuple ${'u64 '.repeat(16)})) (type $r (variant ${repeat(count, i => `(case "f${i}" $x)`)}))`,
        '$r',
      ),
    ),
  },
  {
    name: 'lists of fixed length of such lists',
    make: text(() =>
      passed(
        nested(5, type => `(list ${type} 10)`, '(tuple u8 u8)'),
        '$t5',
      ),
    ),
  },
  {
    name: 'a chain of aliases',
    make: text(count => `(type u8) ${repeat(count, i => `(alias outer 0 ${i} (type))`)}`),
  },
  {
    name: 'equal types compared again and again',
    make: text(count => {
      const depth = 60
      const types = (prefix: string) =>
        `(type $${prefix}0 u8) ${repeat(depth, i => `(type $${prefix}${i + 1} (tuple $${prefix}${i} ))`)}`
      return `(component $c ${types('a')} (import "f" (func (param "x" $a${depth}))))
        ${types('b')} (import "f" (func $f (param "x" $b${depth})))
        ${repeat(count, () => '(instance (instantiate $c (with "f" (func $f))))')}`
    }),
  },
  {
    name: 'equal types of two equal parts each, never shared',
    make: text(count => {
      const depth = Math.min(17, count)
      const types = (p: string) =>
        `(type $${p}0 u8) ${repeat(depth, i => `(type $${p}${i + 1} (tuple (list $${p}${i}) (list $${p}${i})))`)}`
      return `(component $c ${types('a')} (import "f" (func (param "x" $a${depth}))))
        ${types('b')} (import "f" (func $f (param "x" $b${depth})))
        (instance (instantiate $c (with "f" (func $f))))`
    }),
  },
  {
    name: 'instances of twice the exports of the one before',
    doubles: true,
    make: text(
      count => `(type $t0 (instance (export "r" (type (sub resource)))))
        ${repeat(Math.min(count, 90), i => `(type $t${i + 1} (instance (export "a" (instance (type $t${i}))) (export "b" (instance (type $t${i})))))`)}`,
    ),
  },
  {
    name: 'one instance exported again and again, in itself',
    doubles: true,
    make: text(
      count => `(core module $m (func (export "f"))) (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (instance $i0 (export "f" (func $f)))
        ${repeat(Math.min(count, 17), i => `(instance $i${i + 1} (export "a" (instance $i${i})) (export "b" (instance $i${i})))`)}
        (export "x" (instance $i${Math.min(count, 17)}))`,
    ),
  },
  {
    name: 'components of two equal components',
    doubles: true,
    make: text(count => doubling(Math.min(count, 64), '')),
  },
  {
    name: 'the same with a module of many imports at the bottom',
    doubles: true,
    make: text(count => {
      const imports = Math.min(count, 2000)
      const inner = `(core module $e ${repeat(imports, i => `(func (export "f${i}"))`)}) (core instance $e (instantiate $e))
        (core module $m ${repeat(imports, i => `(import "e" "f${i}" (func))`)})
        (core instance (instantiate $m (with "e" (instance $e))))`
      return doubling(20, inner)
    }),
  },
  {
    name: 'the same with an instance of many exports at the bottom',
    doubles: true,
    make: text(count => {
      const exports = Math.min(count, 2000)
      const inner = `(core module $m (func (export "f"))) (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (instance ${repeat(exports, i => `(export "f${i}" (func $f))`)})`
      return doubling(20, inner)
    }),
  },
  {
    name: 'the same with an instance type of many functions',
    doubles: true,
    make: text(count => {
      const inner = `(core module $m) (type (instance ${repeat(Math.min(count, 1000), i => `(export "f${i}" (func))`)}))`
      return doubling(16, inner)
    }),
  },
  {
    name: 'the same with many lowered functions at the bottom',
    doubles: true,
    make: text(count => {
      const inner = `(core module $m (func (export "f"))) (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        ${repeat(Math.min(count, 500), () => '(core func (canon lower (func $f)))')}`
      return doubling(12, inner)
    }),
  },
  {
    name: 'the same with a record of many fields at the bottom',
    doubles: true,
    make: text(count =>
      doubling(16, `(type (record ${repeat(Math.min(count, 2000), i => `(field "f${i}" u8)`)}))`),
    ),
  },
  {
    name: 'a big instance type used thousands of times',
    make: text(
      count => `(type $i (instance (export "r" (type $r (sub resource)))
        ${repeat(count, i => `(export "f${i}" (func (param "r" (borrow $r))))`)}))
        ${repeat(count, i => `(import "i${i}" (instance (type $i)))`)}`,
    ),
  },
  {
    name: 'one long name exported by instances in instances',
    make: text(count => {
      const long = `a${'-b'.repeat(count)}`
      return `(core module $m (func (export "f"))) (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (instance $i0 ${repeat(50, i => `(export "f${i}" (func $f))`)})
        ${repeat(50, i => `(instance $i${i + 1} (export "${long}" (instance $i${i})))`)}
        (export "x" (instance $i50))`
    }),
  },
  {name: 'a section of 2^32 - 1 bytes', make: () => component([[7, ...HUGE, 1, 0x40]])},
  {name: 'a vector of 2^32 - 1 types', make: () => component(section(7, [[...HUGE, 0x40]]))},
  {name: 'a name of 2^32 - 1 bytes', make: () => component(section(10, [[1, 0, ...HUGE, 0x61]]))},
  {
    name: 'a record of 2^32 - 1 fields',
    make: () => component(section(7, [[1, 0x72, ...HUGE, 1, 0x61, 0x7d]])),
  },
  {name: 'a list of fixed length 2^32 - 1', make: () => component(section(7, [[1, 0x67, 0x7d, ...HUGE]]))},
  {name: 'an index of 2^32 - 1', make: () => component(section(5, [[1, 0, ...HUGE, 0]]))},
  {name: 'an outer alias of 2^32 - 1', make: () => component(section(6, [[1, 3, 2, ...HUGE, ...HUGE]]))},
  {
    name: 'millions of empty sections',
    make: count => component([new Uint8Array(count * 6).map((_, i) => [7, 1, 0][i % 3]!)]),
  },
  {
    name: 'millions of the smallest types',
    make: count => component(section(7, [vec(times(count * 10, () => [0x7d]))])),
  },
  {
    name: 'millions of empty component types',
    make: count => component(section(7, [vec(times(count * 10, () => [0x41, 0]))])),
  },
  {
    name: 'millions of custom sections',
    make: count => component(...times(count * 2, () => section(0, [name('x')]))),
  },
  {
    name: 'a module with 2^32 - 1 of everything',
    make: () =>
      component(
        ...[1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13].map(id =>
          section(1, [coreModule(section(id, [[...HUGE, 0]]))]),
        ),
      ),
  },
  {
    name: 'a function with 2^32 - 1 locals',
    make: () =>
      component(
        section(1, [
          coreModule(
            section(1, [[1, 0x60, 0, 0]]),
            section(3, [[1, 0]]),
            section(10, [[1, HUGE.length + 4, 1, ...HUGE, 0x7f, 0x0b]]),
          ),
        ]),
      ),
  },
  {
    name: 'a module of many of the largest tables and memories',
    make: () =>
      parse(`(component (core module $m (memory 65536) ${'(table 10000000 funcref)'.repeat(50)})
        ${'(core instance (instantiate $m))'.repeat(50)})`),
  },
]

function nestedComponents(count: number): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(PREAMBLE)
  for (let i = 0; i < Math.min(count, 4000); i++) bytes = concat([PREAMBLE, ...section(4, [bytes])])
  return bytes
}

function nestedInstanceTypes(count: number): Uint8Array {
  // Each is an instance type with one declaration, which is the next type.
  const open = times(count, () => [0x42, 1, 1]).flat()
  return component(section(7, [[1, ...open, 0x42, 0]]))
}
