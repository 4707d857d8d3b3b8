import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {decodeComponent} from '../component/decode.ts'
import {decodeCoreModule} from '../core/module-decode.ts'
import {makeLean} from './lean.ts'
import {MAX_GROWN} from './lean-tables.ts'

test('tables grow to their declared maximum, but not without end', async () => {
  const table: [declared: string, grown: number][] = [
    ['1 funcref', MAX_GROWN],
    ['1 5 funcref', 5],
    ['1 9000000 funcref', MAX_GROWN],
    ['150000 funcref', 150_000],
    ['150000 160000 funcref', 150_000],
    ['i64 1 externref', MAX_GROWN],
    ['1 (ref func) (ref.func $f)', MAX_GROWN],
  ]
  for (const [declared, grown] of table) {
    const wide = declared.startsWith('i64') ? 'i64' : 'i32'
    const [init, value] = declared.includes('extern')
      ? ['(ref.null extern)', '']
      : ['(ref.func $f)', '(elem declare func $f)']
    const text = `(component (core module (func $f) (table (export "t") ${declared}) ${value}
      (func (export "grow") (param ${wide}) (result ${wide}) (table.grow 0 ${init} (local.get 0)))))`
    const [module] = decodeComponent(await parse(text)).definitions
    if (module?.kind !== 'core-module') throw new Error('no module')
    const {bytes} = makeLean(module.bytes)
    const {exports} = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>))
    const size = decodeCoreModule(module.bytes).tables[0]!.limits.min
    const grow = (by: number): number =>
      Number((exports['grow'] as CallableFunction)(wide === 'i64' ? BigInt(by) : by))
    assert.equal(grow(grown - Number(size) + 1), -1, `${declared}: one too many`)
    assert.equal(grow(grown - Number(size)), Number(size), declared)
  }
})
