import assert from 'node:assert/strict'
import {test} from 'node:test'
import {hostFunction} from './imports.ts'
import {caller, link, prepare, rootImports} from './link.fixtures.ts'
import {stackReserve} from './stack-reserve.ts'

/** Calls the host when it has called itself $n times. Nothing here may wait, so it runs on the host's own stack. */
const DEEP = `(component
  (import "h" (func $h (param "text" string) (result string)))
  (core module $L
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $l (instantiate $L))
  (core func $h' (canon lower (func $h) (memory (core memory $l "memory")) (realloc (core func $l "realloc"))))
  (core module $M
    (import "" "h" (func $h (param i32 i32 i32)))
    (func $deep (export "deep") (param $n i32) (result i32)
      (if (result i32) (local.get $n)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1)))))
        (else (call $h (i32.const 0) (i32.const 5) (i32.const 64)) (i32.const 0)))))
  (core instance $m (instantiate $M (with "" (instance (export "h" (func $h'))))))
  (func (export "deep") (param "n" u32) (result u32) (canon lift (core func $m "deep"))))`

/** The most for which `fits` holds. */
function most(fits: (n: number) => boolean): number {
  let [least, tooMany] = [0, 1_000_000]
  while (tooMany - least > 1) {
    const middle = (least + tooMany) >> 1
    if (fits(middle)) least = middle
    else tooMany = middle
  }
  return least
}

test('a guest on the stack of the host is not let into it where the stack is almost full', async () => {
  let runs = 0
  const host = hostFunction((_, text) => {
    runs++
    return JSON.stringify({text})
  })
  const linked = await link(DEEP, rootImports({h: host}))
  const prepared = prepare(linked)
  const outcomes = new Set<string>()
  const fits = (n: number): boolean => {
    const before = runs
    try {
      assert.equal(caller(linked, prepared.make())('deep', n), n)
    } catch (error) {
      outcomes.add(`${(error as {code: string}).code} after ${runs - before} calls`)
      return false
    }
    assert.equal(runs, before + 1)
    return true
  }
  // V8 compiles it again meanwhile, so that its frames get smaller.
  for (let round = 0; round < 3; round++) {
    const deepest = most(fits)
    for (let n = deepest - 100; n < deepest + 400; n++) fits(n)
  }
  assert.deepEqual([...outcomes], ['TRAP_CORE after 0 calls'])
  assert.ok(fits(3))
})

test('the reserve is kept, compiled by whichever compiler', () => {
  const reserve = stackReserve()
  const plain = (n: number): number => (n === 0 ? 0 : plain(n - 1) + 1)
  const reserving = (n: number): number => {
    if (n > 0) return reserving(n - 1) + 1
    reserve(0)
    return 0
  }
  const deepest = (call: (n: number) => number): number =>
    most(n => {
      try {
        return call(n) === n
      } catch {
        return false
      }
    })
  for (let i = 0; i < 1_000_000; i++) reserve(0)
  for (let round = 0; round < 3; round++) [plain, reserving].map(deepest)
  const missing = deepest(plain) - deepest(reserving)
  assert.ok(missing > 100, `${missing} calls`)
})
