// wasi/preview1/environment.ts: args_get, args_sizes_get, environ_get, environ_sizes_get.
import {type Preview1Function, plain} from './function.ts'
import {type Guest, reach} from './guest.ts'

type Strings = (guest: Guest) => readonly string[]

const argsOf: Strings = guest => guest.world.config.args?.(guest.store) ?? []
const environOf: Strings = guest =>
  (guest.world.config.environment?.(guest.store) ?? []).map(([name, value]) => `${name}=${value}`)

/** Each ends with a NUL. */
const encoded = (strings: readonly string[]): Buffer[] => strings.map(text => Buffer.from(`${text}\0`))
const byteLength = (all: readonly Buffer[]): number => all.reduce((sum, {length}) => sum + length, 0)

const sizesOf = (strings: Strings) => (guest: Guest, count: number, size: number) => {
  const all = encoded(strings(guest))
  reach(guest, count, 4)
  const {view} = reach(guest, size, 4)
  view.setUint32(count, all.length, true)
  view.setUint32(size, byteLength(all), true)
  return undefined
}

const getOf = (strings: Strings) => (guest: Guest, pointers: number, buffer: number) => {
  const all = encoded(strings(guest))
  reach(guest, pointers, 4 * all.length)
  const {view, u8} = reach(guest, buffer, byteLength(all))
  let at = buffer
  all.forEach((bytes, i) => {
    view.setUint32(pointers + 4 * i, at, true)
    u8.set(bytes, at)
    at += bytes.length
  })
  return undefined
}

export const environmentFunctions: Readonly<Record<string, Preview1Function>> = {
  args_get: plain('ii', getOf(argsOf)),
  args_sizes_get: plain('ii', sizesOf(argsOf)),
  environ_get: plain('ii', getOf(environOf)),
  environ_sizes_get: plain('ii', sizesOf(environOf)),
}
