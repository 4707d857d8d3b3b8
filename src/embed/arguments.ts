// embed/arguments.ts: what a program calls exports with.
import type {ComponentType, Entity, Func} from '../engine/component/validation/types.ts'
import type {LinkedExport} from '../engine/link/linked-component.ts'
import {conforming} from './mismatch.ts'
import type {ValueChecks} from './values.ts'

/** Gives the engine's arguments for a program's; those beyond the function's own count for nothing, as in JavaScript. */
export type CheckArguments = (args: readonly unknown[]) => unknown[]

/** In the order of `exports`; each throws EMBED_BAD_VALUE. */
export function argumentChecks(
  type: ComponentType,
  exports: readonly LinkedExport[],
  checks: ValueChecks,
): readonly CheckArguments[] {
  const funcs = new Map<string, Func>()
  collect(type.exports, undefined, funcs)
  return exports.map(each => {
    const {params} = funcs.get(keyOf(each.interface, each.name))!
    const path = each.interface === undefined ? each.name : `${each.interface}#${each.name}`
    const all = params.map(({label, type}) => ({
      what: `the argument ${JSON.stringify(label)} of ${path}`,
      check: checks.of(type),
    }))
    return args => all.map(({what, check}, i) => conforming(what, check, args[i]))
  })
}

const keyOf = (path: string | undefined, name: string): string => JSON.stringify([path, name])

/** As engine/link/glue/program.ts names them. */
function collect(
  entities: ReadonlyMap<string, Entity>,
  path: string | undefined,
  into: Map<string, Func>,
): void {
  for (const [name, {sort, type}] of entities) {
    if (sort === 'func') into.set(keyOf(path, name), type)
    if (sort === 'instance') collect(type.exports, path === undefined ? name : `${path}/${name}`, into)
  }
}
