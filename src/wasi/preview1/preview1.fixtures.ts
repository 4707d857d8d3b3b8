// wasi/preview1/preview1.fixtures.ts: for tests: a guest whose memory the test writes, and its functions by name.
import type {TestContext} from 'node:test'
import {adoptInstance} from '../../engine/snapshot/adopt-instance.ts'
import {makeLean} from '../../engine/snapshot/lean.ts'
import {Store} from '../../engine/store.ts'
import {tree} from '../filesystem/fixture.ts'
import {openMounts, type Preopen} from '../filesystem/mounts.ts'
import {fakeClock, fakeRandom, text} from '../fixture.ts'
import {ERRNO, errnoOf} from './errno.ts'
import {FUNCTIONS} from './functions.ts'
import {Guest} from './guest.ts'
import {type WorldConfig, worldOf} from './world.ts'

/** (module (memory (export "memory") 1)) */
const MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 10, 1, 6, ...Buffer.from('memory'), 2, 0],
])

/** Where tests put what goes in, and find what comes out. */
export const OUT = 1024
export const MEMORY_BYTES = 65_536

const NAMES = new Map<number, string>(Object.entries(ERRNO).map(([name, number]) => [number, name]))

export type Fixture = Readonly<{
  guest: Guest
  view: DataView
  /** Calls a function and returns its error number's name, 'success' too. */
  call(name: string, ...args: (number | bigint)[]): string
  /** As `call`, for one that has to wait. */
  wait(name: string, ...args: (number | bigint)[]): Promise<string>
  /** Puts text into memory: its pointer and length. */
  put(text: string): [ptr: number, length: number]
  /** Puts texts into memory, and vectors of them: the vectors' pointer and count. */
  vectors(...texts: string[]): [ptr: number, count: number]
  /** Puts vectors of empty stretches of these lengths. */
  buffers(...lengths: number[]): [ptr: number, count: number]
  /** Opens a path under the preopen 3: 'read write creat trunc excl directory append follow'. */
  open(path: string, words?: string): number
  bytes(ptr: number, length: number): string
  u32(ptr?: number): number
  u64(ptr?: number): bigint
}>

const RIGHTS = {read: 2n, write: 64n}
const OFLAGS: Readonly<Record<string, number>> = {creat: 1, directory: 2, excl: 4, trunc: 8}

export function fixtureOf(t: TestContext, config: Partial<WorldConfig> = {}): Fixture {
  const lean = makeLean(MODULE)
  const {exports} = new WebAssembly.Instance(new WebAssembly.Module(lean.bytes))
  adoptInstance(lean, exports)
  const store = new Store()
  t.after(() => store.clear())
  const world = worldOf({clock: fakeClock(), random: fakeRandom(), ...config})
  const guest = new Guest({store, world, onMemory: () => {}})
  guest.attach(exports)
  const {view, u8} = guest.memory
  let free = 8192

  const start = (name: string, args: readonly (number | bigint)[]) =>
    FUNCTIONS.get(name)!.call(guest, ...args)
  const named = (run: () => unknown): string => {
    try {
      run()
      return 'success'
    } catch (thrown) {
      return NAMES.get(errnoOf(thrown))!
    }
  }
  const take = (length: number): number => {
    const ptr = free
    free += (length + 7) & ~7
    return ptr
  }
  const put: Fixture['put'] = value => {
    const bytes = Buffer.from(value)
    const ptr = take(bytes.length)
    u8.set(bytes, ptr)
    return [ptr, bytes.length]
  }
  const spans = (all: readonly (readonly [number, number])[]): [number, number] => {
    const ptr = take(all.length * 8)
    all.forEach(([start, length], i) => {
      view.setUint32(ptr + i * 8, start, true)
      view.setUint32(ptr + i * 8 + 4, length, true)
    })
    return [ptr, all.length]
  }
  const fixture: Fixture = {
    guest,
    view,
    put,
    call: (name, ...args) =>
      named(() => {
        if (start(name, args) !== undefined) throw new Error(`${name} waits`)
      }),
    async wait(name, ...args) {
      const waiting = start(name, args)
      if (waiting === undefined) throw new Error(`${name} does not wait`)
      const complete = await waiting
      return named(complete)
    },
    vectors: (...texts) => spans(texts.map(put)),
    buffers: (...lengths) => spans(lengths.map(length => [take(length), length])),
    open(path, words = 'read') {
      const all = words.split(' ')
      const rights = all.reduce((sum, word) => sum | (RIGHTS[word as 'read'] ?? 0n), 0n)
      const oflags = all.reduce((sum, word) => sum | (OFLAGS[word] ?? 0), 0)
      const flags = all.includes('append') ? 1 : 0
      const follow = all.includes('follow') ? 1 : 0
      const errno = fixture.call('path_open', 3, follow, ...put(path), oflags, rights, 0n, flags, OUT)
      if (errno !== 'success') throw new Error(`${path}: ${errno}`)
      return view.getUint32(OUT, true)
    },
    bytes: (ptr, length) => text(u8.subarray(ptr, ptr + length)),
    u32: (ptr = OUT) => view.getUint32(ptr, true),
    u64: (ptr = OUT) => view.getBigUint64(ptr, true),
  }
  return fixture
}

/** A guest with one directory, 3. */
export function fixtureWith(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  {writable = true, ...config}: Partial<WorldConfig> & {writable?: boolean} = {},
): Fixture & {root: string} {
  const root = tree(t, files)
  return {...fixtureOn(t, [{guestPath: '/', hostPath: root, writable}], config), root}
}

export function fixtureOn(
  t: TestContext,
  preopens: readonly Preopen[],
  config: Partial<WorldConfig> = {},
): Fixture {
  const mounts = openMounts(preopens)
  t.after(() => mounts.close())
  return fixtureOf(t, {...config, mounts})
}

/** Keeps what is printed. */
export function sink(): {write(bytes: Uint8Array): void; text: string} {
  return {
    text: '',
    write(bytes) {
      this.text += text(bytes)
    },
  }
}
