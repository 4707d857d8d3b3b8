// engine/snapshot/references.ts: reference values (of globals and tables) carried from one sandbox to another.
//
// A reference belongs to one sandbox: handing a function of one sandbox to another would join them. So an image keeps
// what a reference is, and each sandbox finds its own value for it: by an export's name, or because its own place held
// the same function after instantiation.
import {MayflyError} from '../../base/errors.ts'
import type {CoreState} from './snapshot.ts'

/** `index` is the function's index in its module; `path` an export that is the function, where there is one. */
export type ReferenceImage =
  | Readonly<{kind: 'value'; value: unknown}>
  | Readonly<{kind: 'function'; index: string; path: ExportPath | undefined}>

type ExportPath = Readonly<{instance: number; name: string}>

/** All exported functions of a state, by identity. */
export function exportedFunctions(state: CoreState): ReadonlyMap<unknown, ExportPath> {
  const functions = new Map<unknown, ExportPath>()
  state.forEach(({exports}, instance) => {
    for (const [name, value] of Object.entries(exports))
      if (typeof value === 'function' && !functions.has(value)) functions.set(value, {instance, name})
  })
  return functions
}

/** Throws SNAPSHOT_FAILED for objects: they cannot be had twice. */
export function captureReference(
  value: unknown,
  functions: ReadonlyMap<unknown, ExportPath>,
): ReferenceImage {
  if (typeof value === 'function') return {kind: 'function', index: value.name, path: functions.get(value)}
  if (typeof value === 'object' && value !== null) return refuse('holds an object')
  return {kind: 'value', value}
}

/** The value in `state` that `image` stands for; `fresh` is what the same place holds after instantiation. */
export function ownReference(image: ReferenceImage, state: CoreState, fresh: unknown): unknown {
  if (image.kind === 'value') return image.value
  if (image.path !== undefined) return state[image.path.instance]!.exports[image.path.name]
  if (typeof fresh === 'function' && fresh.name === image.index) return fresh
  return refuse('was given an internal function')
}

function refuse(what: string): never {
  throw new MayflyError('SNAPSHOT_FAILED', {
    call: 'sharing the image',
    reason: `a table or global ${what} during initialisation`,
  })
}
