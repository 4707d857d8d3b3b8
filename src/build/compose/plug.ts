// build/compose/plug.ts: components' exports plugged into another's imports, as one component.
//
//     (component
//       (import ...)                                  what is left open of all of them
//       (component $plug ...) (component $socket ...) as they are
//       (instance $p (instantiate $plug (with ...)))
//       (instance $s (instantiate $socket (with "interface" (instance $p "interface")) (with ...)))
//       (export ...))                                 what the socket exports
import {MayflyError} from '../../base/errors.ts'
import {decodeComponent} from '../../engine/component/decode.ts'
import {validateComponent} from '../../engine/component/validate.ts'
import type {ComponentType, Entity} from '../../engine/component/validation/types.ts'
import {InterfaceIndex} from '../../engine/link/version.ts'
import {ComponentWriter, type Written, type WrittenSort} from './component-writer.ts'
import {OpenImports} from './open-imports.ts'

/** A component; messages call it by its name. */
export type Part = Readonly<{name: string; bytes: Uint8Array}>

export type Composed = Readonly<{
  bytes: Uint8Array
  /** Imports of the socket that are filled, with the plug that does. */
  plugged: readonly Readonly<{name: string; by: string}>[]
  /** What the result imports and exports, by name. */
  open: readonly string[]
  exports: readonly string[]
}>

type Typed = Part & Readonly<{type: ComponentType}>
type Plugged = Readonly<{name: string; plug: Typed; export: string}>

/** @throws DECODE_, VALIDATE_ errors of the parts; COMPOSE_ errors */
export function plug(socket: Part, plugs: readonly Part[]): Composed {
  const typed = [socket, ...plugs].map(part => ({
    ...part,
    type: validateComponent(decodeComponent(part.bytes, {file: part.name})),
  }))
  const [typedSocket, ...typedPlugs] = typed as [Typed, ...Typed[]]
  const plugged = match(typedSocket, typedPlugs)
  let failure: unknown
  // Compatible versions of an interface are one, unless their types prove different.
  for (const mergeVersions of [true, false]) {
    try {
      const composed = compose(typedSocket, typedPlugs, plugged, mergeVersions)
      validateComponent(decodeComponent(composed.bytes))
      return composed
    } catch (error) {
      if (!(error instanceof MayflyError)) throw error
      failure ??= error
    }
  }
  if ((failure as MayflyError).code === 'COMPOSE_FAILED') throw failure
  const reason = (failure as MayflyError).message.replace(/^invalid component: /, '')
  throw new MayflyError('COMPOSE_FAILED', {reason}, {cause: failure})
}

/** Which import of the socket is filled by what. @throws COMPOSE_NO_MATCH, COMPOSE_AMBIGUOUS */
function match(socket: Typed, plugs: readonly Typed[]): readonly Plugged[] {
  const filled = new Map<string, Plugged>()
  for (const plug of plugs) {
    const exports = new InterfaceIndex(new Map([...plug.type.exports.keys()].map(name => [name, name])))
    let matches = 0
    for (const [name, {sort}] of socket.type.imports) {
      const found = exports.find(name)
      if (found === undefined || plug.type.exports.get(found)!.sort !== sort) continue
      const other = filled.get(name)
      if (other !== undefined)
        throw new MayflyError('COMPOSE_AMBIGUOUS', {name, first: other.plug.name, second: plug.name})
      filled.set(name, {name, plug, export: found})
      matches++
    }
    if (matches === 0)
      throw new MayflyError('COMPOSE_NO_MATCH', {
        plug: plug.name,
        socket: socket.name,
        exports: listed(plug.type.exports),
        imports: listed(socket.type.imports),
      })
  }
  return [...filled.values()]
}

const listed = (entities: ReadonlyMap<string, Entity>): string =>
  entities.size === 0 ? 'nothing' : [...entities.keys()].join(', ')

function compose(
  socket: Typed,
  plugs: readonly Typed[],
  plugged: readonly Plugged[],
  mergeVersions: boolean,
): Composed {
  const writer = new ComponentWriter()
  const filled = new Map(plugged.map(each => [each.name, each]))
  const imports = new OpenImports(writer, {mergeVersions})
  for (const {type} of plugs) for (const [name, entity] of type.imports) imports.add(name, entity)
  for (const [name, entity] of socket.type.imports) if (!filled.has(name)) imports.add(name, entity)
  const open = imports.write()

  const instances = new Map<Typed, Written>()
  for (const each of plugs) {
    const args = new Map([...each.type.imports.keys()].map(name => [name, imports.at(name)]))
    instances.set(each, writer.instantiate(writer.component(each.bytes), args))
  }
  /** What a plug exports; with the names of imported types that its interface only mentions, if the socket wants them. */
  const given = ({plug, export: text}: Plugged, wanted: Entity): Written => {
    const exported = writer.alias(sortOf(text, wanted), instances.get(plug)!, text)
    const entity = plug.type.exports.get(text)!
    if (wanted.sort !== 'instance' || entity.sort !== 'instance') return exported
    const missing = [...wanted.type.exports].flatMap(([name, each]): [string, Written][] => {
      const type = each.sort === 'type' && !entity.type.exports.has(name) ? imports.type(each) : undefined
      return type === undefined ? [] : [[name, type]]
    })
    if (missing.length === 0) return exported
    const own = [...entity.type.exports].map(([name, each]): [string, Written] => [
      name,
      writer.alias(sortOf(name, each), exported, name),
    ])
    return writer.instance(new Map([...missing, ...own]))
  }
  const args = new Map<string, Written>()
  for (const [name, entity] of socket.type.imports) {
    const found = filled.get(name)
    args.set(name, found === undefined ? imports.at(name) : given(found, entity))
  }
  const instance = writer.instantiate(writer.component(socket.bytes), args)
  for (const [name, entity] of socket.type.exports)
    writer.export(name, writer.alias(sortOf(name, entity), instance, name))
  return {
    bytes: writer.bytes,
    plugged: plugged.map(({name, plug}) => ({name, by: plug.name})),
    open,
    exports: [...socket.type.exports.keys()],
  }
}

function sortOf(name: string, {sort}: Entity): WrittenSort {
  if (sort === 'core-module' || sort === 'value')
    throw new MayflyError('COMPOSE_FAILED', {reason: `"${name}" is a ${sort}`})
  return sort
}
