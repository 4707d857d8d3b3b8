import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {fillHoles, type Heap} from './heap.ts'
import {engineFor, initialise} from './preinit.ts'
import {TEST_CACHE} from './test-app.ts'
import {httpWorld} from './world.ts'

/** A heap that gives the smallest hole that is large enough, and then its free end. `holes`: where they are, how long. */
function heap(holes: readonly (readonly [number, number])[], end: number) {
  const free = holes.map(([start, length]) => ({start, length}))
  return {
    free,
    end: () => end,
    cabi_realloc(old: number, oldSize: number, _align: number, size: number) {
      assert.deepEqual([old, oldSize], [0, 0])
      const length = Math.max(16, Math.ceil((size + 4) / 16) * 16)
      const hole = free.filter(one => one.length >= length).sort((a, b) => a.length - b.length)[0]
      if (hole !== undefined) {
        hole.start += length
        hole.length -= length
        return hole.start - length
      }
      end += length
      return end - length
    },
  }
}

/** How often what is allocated does not follow what was allocated before it. */
function breaks({cabi_realloc: allocate}: Heap, sizes: readonly number[]): number {
  let count = 0
  let next: number | undefined
  for (const size of sizes) {
    const address = allocate(0, 0, 1, size)
    if (next !== undefined && address !== next) count++
    next = address + Math.max(16, Math.ceil((size + 4) / 16) * 16)
  }
  return count
}

test('whatever holes of less than 48 KiB there are, what is allocated then lies together', () => {
  const lengths = fc.array(fc.integer({min: 1, max: 3071}).map(n => n * 16))
  const sizes = fc.array(fc.integer({min: 1, max: 2000}), {minLength: 2, maxLength: 20})
  fc.assert(
    fc.property(lengths, sizes, (lengths, sizes) => {
      let at = 4096
      const holes = lengths.map(length => {
        const start = at
        at += length + 16
        return [start, length] as const
      })
      const filled = heap(holes, at)
      fillHoles(filled)
      assert.equal(breaks(filled, sizes), 0)
      // What is cut off the free end stays small.
      assert.ok(filled.end() - at < 250_000, `${filled.end() - at}`)
    }),
  )
})

test('with an allocator that it does not know it gives up', () => {
  let bytes = 0
  const cabi_realloc = (_old: number, _oldSize: number, _align: number, size: number) => {
    bytes += size
    return bytes * 2
  }
  fillHoles({cabi_realloc})
  assert.ok(bytes < 26 << 20, `${bytes}`)
})

test('what an app has freed is there for its events', () => {
  const holes = Array.from({length: 500}, (_, i) => [4096 + i * 200_016, 200_000] as const)
  const filled = heap(holes, 100 << 20)
  fillHoles(filled)
  const free = filled.free.reduce((sum, {length}) => sum + length, 0)
  assert.ok(free > 100_000_000 - (26 << 20), `${free}`)
})

test('what an initialised engine allocates lies together', async () => {
  const engine = await engineFor(httpWorld(), TEST_CACHE)
  // Of many sizes, and every second one is given back.
  const holes =
    'const kept = []; for (let i = 1; i < 2000; i++) (i % 2 ? kept : []).push(new ArrayBuffer(i * 13));'
  const outcome = await initialise(
    engine,
    `${holes} globalThis.kept = kept; addEventListener("fetch", () => {}); export async function finish() {}`,
  )
  assert.ok(outcome.kind === 'ready')
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {}
  for (const {module: from, name} of WebAssembly.Module.imports(engine.module))
    (imports[from] ??= {})[name] = () => 0
  const {exports} = new WebAssembly.Instance(engine.module, imports)
  const {memory, cabi_realloc} = exports as unknown as Heap & {memory: WebAssembly.Memory}
  const {memory: image} = outcome.image
  memory.grow((image.length - memory.buffer.byteLength) / 65_536)
  new Uint8Array(memory.buffer).set(image)
  const sizes = [1, 20, 300, 12, 700, 48, 4000, 90, 1500, 33]
  assert.equal(breaks({cabi_realloc}, sizes), 0)
})
