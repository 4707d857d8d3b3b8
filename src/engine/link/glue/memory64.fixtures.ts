// engine/link/glue/memory64.fixtures.ts: guests that differ in nothing but the addresses of their memory.
import type {StringEncoding} from '../../component/component.ts'

export type Address = 'i32' | 'i64'
export type Side = Readonly<{address: Address; encoding: StringEncoding}>

/** A memory, and an allocator that gives ever higher places and grows the memory as it must. */
export const libc = (
  address: Address,
  {pages = 1, heap = 1024}: {pages?: number; heap?: number} = {},
): string => {
  const a = address
  return `
    (core module $Libc
      (memory (export "m") ${a} ${pages})
      (global $heap (mut ${a}) (${a}.const ${heap}))
      (func (export "realloc") (param $old ${a}) (param $had ${a}) (param $align ${a}) (param $size ${a}) (result ${a})
        (local $at ${a})
        (local.set $at (${a}.and
          (${a}.add (global.get $heap) (${a}.sub (local.get $align) (${a}.const 1)))
          (${a}.sub (${a}.const 0) (local.get $align))))
        (global.set $heap (${a}.add (local.get $at) (local.get $size)))
        (block $fits (loop $more
          (br_if $fits (${a}.le_u (global.get $heap) (${a}.mul (memory.size) (${a}.const 65536))))
          (br_if $more (${a}.ne (${a}.const -1) (memory.grow (${a}.const 1))))
          unreachable))
        (memory.copy (local.get $at) (local.get $old)
          (select (local.get $size) (local.get $had) (${a}.lt_u (local.get $size) (local.get $had))))
        (local.get $at)))
    (core instance $libc (instantiate $Libc))`
}

export const options = (encoding: StringEncoding = 'utf8'): string =>
  `(memory (core memory $libc "m")) (realloc (core func $libc "realloc")) string-encoding=${encoding}`

/** Core parameters: `p` stands for a pointer or length. */
export const flat = (address: Address, types: string): string => types.replaceAll('p', address)

/** A component that gives what its function "run" takes to the function "f", and gives back what that gives. */
export function passing(type: string, types: string, {address, encoding}: Side): string {
  const params = flat(address, types)
  const given = params.split(' ').map((_, i) => `(local.get ${i})`)
  return `
    (import "f" (func $f (param "a" ${type}) (result ${type})))
    ${libc(address)}
    (core func $f' (canon lower (func $f) ${options(encoding)}))
    (core module $M
      (import "" "f" (func $f (param ${params} ${address})))
      (func (export "run") (param ${params}) (result ${address})
        (call $f ${given.join(' ')} (${address}.const 64)) (${address}.const 64)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (param "a" ${type}) (result ${type})
      (canon lift (core func $m "run") ${options(encoding)}))`
}

/** Host → the last of the guests → … → the first → host. */
export function chain(type: string, types: string, sides: readonly Side[]): string {
  const instances = sides.map((side, i) => {
    const next = i === 0 ? '(func $f)' : `(func $i${i - 1} "run")`
    return `(component $C${i} ${passing(type, types, side)})
      (instance $i${i} (instantiate $C${i} (with "f" ${next})))`
  })
  return `(component (import "f" (func $f (param "a" ${type}) (result ${type}))) ${instances.join('\n')}
    (export "run" (func $i${sides.length - 1} "run")))`
}
