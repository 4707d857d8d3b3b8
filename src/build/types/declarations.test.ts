import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {parse} from '@bytecodealliance/jco'
import {decodeComponent} from '../../engine/component/decode.ts'
import {validateComponent} from '../../engine/component/validate.ts'
import {declarations} from './declarations.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'mayfly-types-'))
after(() => rmSync(dir, {recursive: true}))

const declare = async (text: string) =>
  declarations(validateComponent(decodeComponent(await parse(text))), 'a test')

/** Functions of the world with every kind of value, in both directions. */
const ALL = `(component
  (import "t:all/values@1.0.0" (instance $values
    (type $level' (enum "low" "very-high"))
    (export "level" (type $level (eq $level')))
    (type $point' (record (field "x-axis" s32) (field "note" (option string)) (field "new" bool)))
    (export "point" (type $point (eq $point')))
    (type $shape' (variant (case "dot") (case "line" (tuple $point $point)) (case "named" (option string))))
    (export "shape" (type $shape (eq $shape')))
    (type $rights' (flags "read" "write-all"))
    (export "rights" (type $rights (eq $rights')))
    (type $id' u64)
    (export "id" (type $id (eq $id')))
    (export "promise" (type $promise (eq $level')))
    (export "db-file" (type $file (sub resource)))
    (export "[constructor]db-file" (func (param "name" string) (result (own $file))))
    (export "[method]db-file.read-all" (func (param "self" (borrow $file)) (param "max" $id) (result (result (list u8) (error $level)))))
    (export "[static]db-file.count" (func (result u32)))
    (export "values" (func
      (param "default" bool) (param "a-b" u8) (param "big" s64) (param "real" f64) (param "letter" char)
      (param "text" string) (param "level" $level) (param "point" $point) (param "shape" $shape) (param "rights" $rights)
      (result (list $point))))
    (export "lists" (func
      (param "bytes" (list u8)) (param "wide" (list s64)) (param "bools" (list bool)) (param "deep" (list (list f32)))
      (param "maybe" (option u32)) (param "twice" (option (option u32))) (param "either" (result u32 (error string)))
      (param "neither" (result)) (param "pair" (tuple string (own $file)))))
    (export "streams" (func async (param "in" (stream u8)) (param "last" (future (result (error $level)))) (result (stream string))))
    (export "rare" (func async (param "four" (list u32 4)) (param "pair" (list bool 2)) (param "dict" (map string u64))
      (param "why" error-context) (param "s8" s8) (param "s16" s16) (param "u16" u16) (param "f32" f32)
      (result (future (option string)))))
  ))
  (alias export $values "point" (type $point))
  (alias export $values "db-file" (type $file))
  (import "log" (func (param "text" string)))
  (component $Inner
    (import "point" (type $point (sub resource)))
    (type $counter' (resource (rep i32)))
    (export $counter "counter" (type $counter'))
    (core module $M (func (export "new") (param i32) (result i32) unreachable) (func (export "add") (param i32 i32) (result i32) unreachable))
    (core instance $m (instantiate $M))
    (func $new (param "start" u32) (result (own $counter)) (canon lift (core func $m "new")))
    (func $add (param "self" (borrow $counter)) (param "n" u32) (result u32) (canon lift (core func $m "add")))
    (func $same (param "c" (own $counter)) (result (own $counter)) (canon lift (core func $m "new")))
    (export "[constructor]counter" (func $new))
    (export "[method]counter.add-up" (func $add))
    (export "keep-same" (func $same)))
  (instance $inner (instantiate $Inner (with "point" (type $file))))
  (export "t:all/counters@1.0.0" (instance $inner)))`

const USE = `
import {Engine, type ErrorContext, type GuestStream, ok, err, type Result} from 'mayfly'
import type {World, TAllValues, TAllCounters} from './world.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => {}

same<TAllValues.Level, 'low' | 'very-high'>(true)
same<TAllValues.Point, {xAxis: number; note?: string | undefined; new: boolean}>(true)
same<TAllValues.Shape, {tag: 'dot'} | {tag: 'line'; val: [TAllValues.Point, TAllValues.Point]} | {tag: 'named'; val?: string | undefined}>(true)
same<TAllValues.Rights, {read?: boolean; writeAll?: boolean}>(true)
same<TAllValues.Id, bigint>(true)
type Values = World['imports']['t:all/values@1.0.0']
same<Parameters<Values['values']>, [boolean, number, bigint, number, string, string, TAllValues.Level, TAllValues.Point, TAllValues.Shape, TAllValues.Rights]>(true)
same<Parameters<Values['lists']>, [Uint8Array, BigInt64Array, boolean[], Float32Array[], number | undefined, {tag: 'some'; val?: number | undefined} | {tag: 'none'}, Result<number, string>, Result<undefined, undefined>, [string, TAllValues.DbFile]]>(true)
same<Parameters<Values['rare']>, [Uint32Array, boolean[], [string, bigint][], ErrorContext, number, number, number, number]>(true)
same<Parameters<Values['streams']>, [GuestStream<Uint8Array>, Promise<Result<undefined, TAllValues.Level>>]>(true)

class DbFile {
  constructor(readonly name: string) {}
  async readAll(max: bigint): Promise<Result<Uint8Array, TAllValues.Level>> {
    return max > 0n ? ok(new Uint8Array(3)) : err('very-high')
  }
  static count() {
    return 3
  }
}
const engine = new Engine()
const imports: World['imports'] = {
  't:all/values@1.0.0': {
    DbFile,
    values: (_a, _b, _c, _d, _e, text, level) => [{xAxis: text.length, new: level === 'low'}],
    lists() {},
    async streams(input) {
      for await (const chunk of input) chunk.fill(0)
      return [['a'], ['b']]
    },
    rare: async four => (four[0] === 0 ? undefined : Promise.resolve('later')),
  },
  log: text => console.log(text.length),
}
const loaded = await engine.load<World>('x.wasm', {imports})
const sandbox = await loaded.lease()
const {Counter, keepSame} = sandbox.exports['t:all/counters@1.0.0']
const counter = await Counter.new(4)
same<typeof counter, TAllCounters.Counter>(true)
const sum: number = await Counter.addUp(await keepSame(counter), 3)
console.log(sum)
// @ts-expect-error: the world imports something
await engine.load<World>('x.wasm')
// @ts-expect-error: and all of it must be given
await engine.load<World>('x.wasm', {imports: {log() {}}})
// @ts-expect-error: of the right type
const wrong: World['imports']['log'] = (text: number) => {}
// @ts-expect-error: no such export
sandbox.exports.other
// @ts-expect-error: a number is no counter
await keepSame(4)
`

const CONFIG = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: 'esnext',
    module: 'nodenext',
    lib: ['esnext'],
    types: ['node'],
    allowImportingTsExtensions: true,
    customConditions: ['mayfly-source'],
    skipLibCheck: true,
  },
  include: ['*.ts', join(ROOT, 'src/base/*.d.ts')],
}

test('what the declarations say is what TypeScript checks in a program', async () => {
  mkdirSync(join(dir, 'node_modules'))
  symlinkSync(ROOT, join(dir, 'node_modules/mayfly'))
  symlinkSync(join(ROOT, 'node_modules/@types'), join(dir, 'node_modules/@types'))
  writeFileSync(join(dir, 'package.json'), '{"type": "module"}')
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(CONFIG))
  writeFileSync(join(dir, 'world.ts'), await declare(ALL))
  writeFileSync(join(dir, 'use.ts'), USE)
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', dir], {encoding: 'utf8', stdio: 'pipe'})
  } catch (error) {
    assert.fail(`${(error as {stdout: string}).stdout}\n${await declare(ALL)}`)
  }
})

describe('declarations', () => {
  test('of a component that has nothing', async () => {
    assert.equal(
      await declare('(component)'),
      '// Made by `mayfly types`: what a test imports and exports.\nexport type World = {\n  imports: {}\n  exports: {}\n}\n',
    )
  })

  test('WASI need not be given, since the library offers it', async () => {
    const text = await declare(
      '(component (import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64))))))',
    )
    assert.match(text, /"wasi:random\/random@0\.2\.0"\?: WasiRandomRandom\.Functions/)
  })

  test('two versions of an interface stay apart', async () => {
    const text = await declare(
      '(component (import "a:b/c@1.0.0" (instance (export "f" (func)))) (import "a:b/c@2.0.0" (instance (export "f" (func)))))',
    )
    assert.match(text, /"a:b\/c@1\.0\.0": ABC\.Functions\n {4}"a:b\/c@2\.0\.0": ABC2\.Functions/)
  })

  test('interfaces with the names of ours are interfaces all the same', async () => {
    const text = await declare(
      `(component
        (import "imports" (instance (export "f" (func))))
        (import "own" (func))
        (import "exports" (instance $e (export "g" (func))))
        (export "exports" (instance $e)))`,
    )
    assert.match(
      text,
      /imports: \{\n {4}imports: Imports\.Functions\n {4}exports: Exports\.Functions\n {4}own: /,
    )
    assert.match(text, /exports: \{\n {4}exports: ExportedExports\.Functions\n/)
    assert.equal(text.match(/export interface Functions/g)?.length, 3)
  })

  test('few bytes cannot ask for endless text', async () => {
    const doubled = Array.from({length: 19}, (_, i) => `(type $t${i + 1} (tuple $t${i} $t${i}))`).join(' ')
    await assert.rejects(
      declare(`(component (type $t0 (option u8)) ${doubled} (import "f" (func (param "x" $t19))))`),
      {
        code: /^(LINK_UNSUPPORTED|VALIDATE_INVALID)$/,
      },
    )
  })
})
