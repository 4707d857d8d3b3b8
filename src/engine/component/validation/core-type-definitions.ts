// engine/component/validation/core-type-definitions.ts: core types, and the types of core modules.

import type {CoreExtern} from '../../core/module.ts'
import {decodeCoreModule} from '../../core/module-decode.ts'
import type {CoreDefType, CoreExternType, CoreModuleDecl} from '../component.ts'
import {type Context, charge, checkNameLength, invalid} from './context.ts'
import {at, type Scope} from './scope.ts'
import type {CoreModuleType, CoreType} from './types.ts'

export function addCoreType(cx: Context, scope: Scope, type: CoreDefType): void {
  charge(cx)
  if (type.kind === 'module') scope.core.type.push(moduleType(cx, scope, type.decls))
  else addPlainType(cx, scope.core.type, type)
}

function addPlainType(cx: Context, types: CoreType[], type: Exclude<CoreDefType, {kind: 'module'}>): void {
  if (type.kind === 'func') types.push({kind: 'func', signature: type})
  else {
    charge(cx, type.count)
    for (let i = 0; i < type.count; i++) types.push({kind: 'opaque'})
  }
}

/** A module type has a type index space of its own, which holds no module types. */
function moduleType(cx: Context, scope: Scope, decls: readonly CoreModuleDecl[]): CoreModuleType {
  const types: CoreType[] = []
  const builder = moduleTypeBuilder(cx)
  for (const decl of decls) {
    charge(cx)
    switch (decl.kind) {
      case 'type':
        if (decl.type.kind === 'module') invalid(cx, 'a module type cannot define module types')
        else addPlainType(cx, types, decl.type)
        break
      case 'alias':
        types.push(outerType(cx, scope, types, decl))
        break
      case 'import':
        builder.import(decl.module, decl.name, resolveExtern(cx, types, decl.type))
        break
      case 'export':
        builder.export(decl.name, resolveExtern(cx, types, decl.type))
    }
  }
  return builder.result()
}

function outerType(
  cx: Context,
  scope: Scope,
  types: readonly CoreType[],
  alias: Readonly<{count: number; index: number}>,
): CoreType {
  if (alias.count === 0) return at(cx, types, alias.index, 'type')
  let target: Scope | undefined = scope
  for (let i = 1; i < alias.count && target !== undefined; i++) target = target.parent
  if (target === undefined) return invalid(cx, `invalid outer alias count of ${alias.count}`)
  const type = at(cx, target.core.type, alias.index, 'type')
  if (type.kind === 'core-module') invalid(cx, 'a module type cannot alias module types')
  return type
}

function resolveExtern(cx: Context, types: readonly CoreType[], type: CoreExternType): CoreExtern {
  if (type.kind === 'func' || type.kind === 'tag') {
    const found = at(cx, types, type.type, 'type')
    const signature = found.kind === 'func' ? found.signature : undefined
    if (type.kind === 'tag' && signature !== undefined && signature.results.length > 0) {
      invalid(cx, 'the type of a tag has results')
    }
    return {kind: type.kind, signature, typeIndex: type.type}
  }
  if (type.kind === 'memory') checkMemory(cx, type)
  return type
}

function checkMemory(cx: Context, type: Extract<CoreExternType, {kind: 'memory'}>): void {
  const {min, max, shared, address} = type.limits
  if (type.pageSizeLog2 !== 0 && type.pageSizeLog2 !== 16) invalid(cx, 'invalid memory page size')
  const most = 1n << BigInt((address === 'i64' ? 64 : 32) - type.pageSizeLog2)
  if (min > most || (max ?? 0n) > most) invalid(cx, `memory size must be at most ${most} pages`)
  if (max !== undefined && min > max) invalid(cx, 'size minimum must not be greater than maximum')
  if (shared && max === undefined) invalid(cx, 'shared memory must have maximum size')
}

/** The type of a core module that is there. Its code is left to the engine that compiles it. */
export function moduleTypeOf(cx: Context, bytes: Uint8Array): CoreModuleType {
  const module = decodeCoreModule(bytes, {byteOffset: cx.byteOffset})
  const builder = moduleTypeBuilder(cx)
  for (const {module: from, name, type} of module.imports) builder.import(from, name, type)
  for (const {name, type} of module.exports) builder.export(name, type)
  return builder.result()
}

function moduleTypeBuilder(cx: Context) {
  const imports = new Map<string, Map<string, CoreExtern>>()
  const exports = new Map<string, CoreExtern>()
  let size = 1
  return {
    import(module: string, name: string, type: CoreExtern): void {
      size++
      checkNameLength(cx, module)
      checkNameLength(cx, name)
      let fields = imports.get(module)
      if (fields === undefined) imports.set(module, (fields = new Map()))
      // Two imports of one name would need one name for both at the level of components.
      if (fields.has(name)) invalid(cx, `duplicate import name \`${module}:${name}\``)
      fields.set(name, type)
    },
    export(name: string, type: CoreExtern): void {
      size++
      checkNameLength(cx, name)
      if (exports.has(name)) invalid(cx, `export name \`${name}\` already defined`)
      exports.set(name, type)
    },
    result: (): CoreModuleType => ({kind: 'core-module', imports, exports, size}),
  }
}
