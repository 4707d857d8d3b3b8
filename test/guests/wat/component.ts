// guests/wat/component.ts: the text of a wasi:http component around a core module that is written by hand.
//
// What the text may use:
//   (call $body.write …), (call $drop.fields …)   functions of imports.ts, imported because they are mentioned
//   (call $respond …), (call $respond-number …)   helpers of helpers.ts, likewise
//   (global.get $heap)                             where the next allocation goes
//   $memory                                        one memory, made by the component's first core module
// It defines `$handle (param $request i32) (param $out i32)`, which becomes the handler.
// Bytes 0..2047 belong to the helpers, 2048..4095 to the guest's data; the heap starts at 4096.

import {HELPERS} from './helpers.ts'
import {FUNCTIONS, INTERFACES, type Interface, RESOURCES, TYPES} from './imports.ts'

export const HEAP_START = 4096

export type Parts = Readonly<{
  /** Fields of the main core module: functions, globals, tables, data; with `(func $handle …)`. */
  main: string
  /** Of all WASI interfaces. */
  version?: string
  /** In pages: initial, and the declared maximum. */
  memory?: readonly [number, number?]
  /** The body of `realloc`: parameters $old $old-len $align $len, result i32. */
  realloc?: string
  /** Further fields of the allocator's module; what it exports, the main module imports from "libc". */
  allocator?: string
  /** A function without parameters of the main module that runs after the handler returned. */
  postReturn?: string
  /** Core modules and instances between the allocator and the main module. */
  before?: string
  /** Further imports of the main module. */
  imports?: string
  /** Further arguments of the main module's instantiation: `(with "other" (instance $other))`. */
  with?: string
}>

/** Aligns, grows the memory where needed, never frees. */
const BUMP = `
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $heap (i32.add (local.get $at) (local.get $len)))
      (block $enough (loop $more
        (br_if $enough (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
        (br $more)))
      (memory.copy (local.get $at) (local.get $old) (local.get $old-len))
      (local.get $at)`

/** What `text` uses, and what the helpers use that it uses. */
function usedBy(text: string): {functions: string[]; drops: string[]; helpers: string[]} {
  const helpers = new Set<string>()
  const visit = (part: string): void => {
    for (const name of Object.keys(HELPERS)) {
      if (helpers.has(name) || !mentions(part, name)) continue
      helpers.add(name)
      visit(HELPERS[name]!)
    }
  }
  visit(text)
  const whole = [text, ...[...helpers].map(name => HELPERS[name]!)].join('\n')
  return {
    functions: Object.keys(FUNCTIONS).filter(name => mentions(whole, name)),
    drops: Object.keys(RESOURCES).filter(name => mentions(whole, `drop.${name}`)),
    helpers: [...helpers],
  }
}

const mentions = (text: string, name: string): boolean =>
  new RegExp(`\\$${name.replaceAll('.', '\\.')}(?![\\w.-])`).test(text)

export function importInterface(name: Interface, functions: readonly string[], version: string): string {
  const exported = functions
    .filter(key => FUNCTIONS[key]!.from === name)
    .map(key => `(export "${FUNCTIONS[key]!.name}" ${FUNCTIONS[key]!.type})`)
  const aliases = Object.keys(RESOURCES)
    .filter(resource => RESOURCES[resource] === name)
    .map(resource => `(alias export $${name} "${resource}" (type $${resource}))`)
  return `
  (import "${INTERFACES[name]}@${version}" (instance $${name}
    ${[...TYPES[name], ...exported].join('\n    ')}))
  ${aliases.join('\n  ')}`
}

/** The text of a component that exports `wasi:http/incoming-handler`. */
export function componentText(parts: Parts): string {
  const version = parts.version ?? '0.2.12'
  const [pages, maxPages] = parts.memory ?? [1]
  const {functions, drops, helpers} = usedBy(parts.main)
  const wanted: Interface[] = ['error', 'poll', 'streams', 'clock', 'http', 'filesystem', 'preopens']
  const optional: readonly Interface[] = ['clock', 'filesystem', 'preopens']
  const interfaces = wanted.filter(
    name => !optional.includes(name) || functions.some(key => FUNCTIONS[key]!.from === name),
  )
  const lowered = functions.map(
    key =>
      `(alias export $${FUNCTIONS[key]!.from} "${FUNCTIONS[key]!.name}" (func $${key}))\n` +
      `  (core func $${key} (canon lower (func $${key}) (memory $memory) (realloc $realloc)))`,
  )
  const dropped = drops.map(name => `(core func $drop.${name} (canon resource.drop $${name}))`)
  const host = [...functions, ...drops.map(name => `drop.${name}`)]
  const hostImports = [
    ...functions.map(key => `(import "host" "${key}" (func $${key} ${FUNCTIONS[key]!.core}))`),
    ...drops.map(name => `(import "host" "drop.${name}" (func $drop.${name} (param i32)))`),
  ]
  return `(component
  ${interfaces.map(name => importInterface(name, functions, version)).join('')}

  (core module $allocator
    (memory $memory (export "memory") ${pages} ${maxPages ?? ''})
    (global $heap (export "heap") (mut i32) (i32.const ${HEAP_START}))
    (func (export "realloc") (param $old i32) (param $old-len i32) (param $align i32) (param $len i32) (result i32)
      ${parts.realloc ?? BUMP})
    ${parts.allocator ?? ''})
  (core instance $libc (instantiate $allocator))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))

  ${[...lowered, ...dropped].join('\n  ')}
  (core instance $host ${host.map(name => `(export "${name}" (func $${name}))`).join(' ')})
  ${parts.before ?? ''}
  (core module $guest
    (import "libc" "memory" (memory $memory ${pages} ${maxPages ?? ''}))
    (import "libc" "heap" (global $heap (mut i32)))
    ${hostImports.join('\n    ')}
    ${parts.imports ?? ''}
    ${helpers.map(name => HELPERS[name]!).join('\n')}
    ${parts.main}
    (export "handle" (func $handle)))
  (core instance $main (instantiate $guest
    (with "libc" (instance $libc)) (with "host" (instance $host)) ${parts.with ?? ''}))

  (type $handler (func (param "request" (own $incoming-request)) (param "response-out" (own $response-outparam))))
  (alias core export $main "handle" (core func $handle))
  ${parts.postReturn === undefined ? '' : `(alias core export $main "${parts.postReturn}" (core func $post-return))`}
  (func $handle (type $handler) (canon lift (core func $handle)
    ${parts.postReturn === undefined ? '' : '(post-return $post-return)'}))
  (instance $incoming-handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@${version}" (instance $incoming-handler)))
`
}
