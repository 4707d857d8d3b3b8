// engine/component/validation/builtins.ts: signatures of the canonical built-ins (CanonicalABI.md, Canonical Definitions).
import type {FuncSignature} from '../../core/module.ts'
import type {Canon, CanonOptions, CoreValType} from '../component.ts'
import {checkOptions, type Demands} from './canon-options.ts'
import {type Context, invalid} from './context.ts'
import {sameSignature} from './core-match.ts'
import {factsOf} from './facts.ts'
import {at, type Scope} from './scope.ts'
import {flattenReturn} from './signatures.ts'
import type {Value} from './types.ts'
import {resolveResource, resolveValue} from './value-types.ts'

export type Builtin = Exclude<Canon, {kind: 'lift' | 'lower'}>

/** `'i32 i32 -> i32'` as a signature. */
function signature(text: string): FuncSignature {
  const [params, results] = text.split('->').map(side => side.split(' ').filter(type => type !== ''))
  return Object.freeze({params: params!, results: results!})
}

/** Built-ins whose signature follows from their name. */
const plain: Readonly<Partial<Record<Builtin['kind'], FuncSignature>>> = {
  'backpressure.inc': signature('->'),
  'backpressure.dec': signature('->'),
  'task.cancel': signature('->'),
  'subtask.cancel': signature('i32 -> i32'),
  'subtask.drop': signature('i32 ->'),
  'error-context.drop': signature('i32 ->'),
  'waitable-set.new': signature('-> i32'),
  'waitable-set.drop': signature('i32 ->'),
  'waitable.join': signature('i32 i32 ->'),
  'thread.index': signature('-> i32'),
  'thread.resume-later': signature('i32 ->'),
  'thread.yield': signature('-> i32'),
  'thread.suspend': signature('-> i32'),
  'thread.suspend-then-resume': signature('i32 -> i32'),
  'thread.yield-then-resume': signature('i32 -> i32'),
  'thread.suspend-then-promote': signature('i32 -> i32'),
  'thread.yield-then-promote': signature('i32 -> i32'),
  'thread.available-parallelism': signature('-> i32'),
}

const toHandle = signature('-> i64')
const onHandle = signature('i32 ->')
const oneToOne = signature('i32 -> i32')
const twoToOne = signature('i32 i32 -> i32')
const threeToOne = signature('i32 i32 i32 -> i32')
const debugMessage = signature('i32 i32 ->')

/** Validates a built-in and gives the core function that it defines. */
export function builtin(cx: Context, scope: Scope, canon: Builtin): FuncSignature {
  switch (canon.kind) {
    case 'resource.drop':
      resolveResource(cx, scope, canon.type)
      return onHandle
    case 'resource.new':
    case 'resource.rep':
      if (resolveResource(cx, scope, canon.type).id.definedIn !== scope) {
        invalid(cx, `type index ${canon.type} is not a local resource`)
      }
      return oneToOne
    case 'task.return':
      return taskReturn(cx, scope, canon)
    case 'context.get':
    case 'context.set':
      checkContext(cx, scope, canon.type, canon.slot)
      return canon.kind === 'context.get'
        ? {params: [], results: [canon.type]}
        : {params: [canon.type], results: []}
    case 'stream.new':
    case 'future.new':
      elementOf(cx, scope, canon.kind, canon.type)
      return toHandle
    case 'stream.drop-readable':
    case 'stream.drop-writable':
    case 'future.drop-readable':
    case 'future.drop-writable':
      elementOf(cx, scope, canon.kind, canon.type)
      return onHandle
    case 'stream.cancel-read':
    case 'stream.cancel-write':
    case 'future.cancel-read':
    case 'future.cancel-write':
      elementOf(cx, scope, canon.kind, canon.type)
      return oneToOne
    case 'stream.read':
    case 'stream.write':
    case 'future.read':
    case 'future.write':
      return copy(cx, scope, canon)
    case 'error-context.new':
      checkOptions(cx, scope, canon.options, demand(canon.kind, {memory: true, allowed: ['realloc']}))
      return twoToOne
    case 'error-context.debug-message':
      checkOptions(
        cx,
        scope,
        canon.options,
        demand(canon.kind, {memory: true, realloc: true, allowed: ['realloc']}),
      )
      return debugMessage
    case 'waitable-set.wait':
    case 'waitable-set.poll':
      checkOptions(cx, scope, {...noOptions, memory: canon.memory}, demand(canon.kind, {memory: true}))
      return twoToOne
    case 'thread.new-indirect':
    case 'thread.spawn-indirect':
      checkStart(cx, scope, canon.type)
      checkTable(cx, scope, canon.table)
      return twoToOne
    case 'thread.spawn-ref':
      checkStart(cx, scope, canon.type)
      return {params: [`(ref null ${canon.type})`, 'i32'], results: ['i32']}
    default:
      return plain[canon.kind] ?? invalid(cx, `unknown built-in ${canon.kind}`)
  }
}

const noOptions: CanonOptions = {
  stringEncoding: 'utf8',
  memory: undefined,
  realloc: undefined,
  postReturn: undefined,
  async: false,
  callback: undefined,
}

const demand = (what: string, some: Partial<Demands>): Demands => ({
  memory: false,
  realloc: false,
  allowed: [],
  what: `\`${what}\``,
  ...some,
})

function taskReturn(cx: Context, scope: Scope, canon: Extract<Canon, {kind: 'task.return'}>): FuncSignature {
  const facts = canon.result === undefined ? undefined : factsOf(resolveValue(cx, scope, canon.result))
  if (facts?.borrows) invalid(cx, 'function result cannot contain a `borrow` type')
  const {signature: type, spillsParams} = flattenReturn(facts)
  checkOptions(
    cx,
    scope,
    canon.options,
    demand(canon.kind, {memory: spillsParams || facts?.pointers === true}),
  )
  return type
}

function checkContext(cx: Context, scope: Scope, type: CoreValType, slot: number): void {
  if (type !== 'i32') invalid(cx, '`context.get` and `context.set` work on `i32` only')
  if (slot > 1) invalid(cx, `immediate must be zero or one: ${slot}`)
  scope.contextType ??= type
}

/** The element type of the stream or future type that a built-in works on. */
function elementOf(cx: Context, scope: Scope, builtinName: string, index: number): Value | undefined {
  const type = at(cx, scope.types, index, 'type')
  const kind = builtinName.split('.')[0]
  if (type.kind === 'defined' && (type.shape.kind === 'stream' || type.shape.kind === 'future')) {
    if (type.shape.kind === kind) return type.shape.element
  }
  return invalid(cx, `\`${builtinName}\` requires a ${kind} type`)
}

type Copy = Extract<Canon, {kind: 'stream.read' | 'stream.write' | 'future.read' | 'future.write'}>

function copy(cx: Context, scope: Scope, canon: Copy): FuncSignature {
  const element = elementOf(cx, scope, canon.kind, canon.type)
  const reads = canon.kind.endsWith('read')
  checkOptions(
    cx,
    scope,
    canon.options,
    demand(canon.kind, {
      memory: element !== undefined,
      realloc: reads && element !== undefined && factsOf(element).pointers,
      allowed: ['realloc', 'async'],
    }),
  )
  return canon.kind.startsWith('stream') ? threeToOne : twoToOne
}

function checkStart(cx: Context, scope: Scope, index: number): void {
  const type = at(cx, scope.core.type, index, 'type')
  if (type.kind !== 'func' || !sameSignature(type.signature, onHandle))
    invalid(cx, 'the start function of a thread must take one `i32` and return nothing')
}

function checkTable(cx: Context, scope: Scope, index: number): void {
  const table = at(cx, scope.core.table, index, 'table')
  if (table.element !== 'funcref' || table.limits.address !== 'i32') {
    invalid(cx, 'the table of a thread built-in must be a 32-bit one of type `funcref`')
  }
}
