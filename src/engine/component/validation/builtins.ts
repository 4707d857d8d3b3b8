// engine/component/validation/builtins.ts: signatures of the canonical built-ins (CanonicalABI.md, Canonical Definitions).
import type {FuncSignature} from '../../core/module.ts'
import type {Canon, CanonOptions, CoreValType} from '../component.ts'
import {addressOf, checkOptions, type Demands} from './canon-options.ts'
import {type Context, invalid} from './context.ts'
import {sameSignature} from './core-match.ts'
import {type Address, factsOf} from './facts.ts'
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

/** A signature in which `T` stands for what pointers and lengths are. */
const withPointers = (address: Address, text: string): FuncSignature =>
  signature(text.replaceAll('T', address))

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

/** Validates a built-in and gives the core function that it defines. */
export function builtin(cx: Context, scope: Scope, canon: Builtin): FuncSignature {
  switch (canon.kind) {
    case 'resource.drop':
      resolveResource(cx, scope, canon.type)
      return onHandle
    case 'resource.new':
    case 'resource.rep': {
      const {definedIn, rep} = resolveResource(cx, scope, canon.type).id
      if (definedIn !== scope) invalid(cx, `type index ${canon.type} is not a local resource`)
      return canon.kind === 'resource.new'
        ? {params: [rep], results: ['i32']}
        : {params: ['i32'], results: [rep]}
    }
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
      return withPointers(addressOf(cx, scope, canon.options), 'T T -> i32')
    case 'error-context.debug-message':
      checkOptions(
        cx,
        scope,
        canon.options,
        demand(canon.kind, {memory: true, realloc: true, allowed: ['realloc']}),
      )
      return withPointers(addressOf(cx, scope, canon.options), 'i32 T ->')
    case 'waitable-set.wait':
    case 'waitable-set.poll':
      checkOptions(cx, scope, {...noOptions, memory: canon.memory}, demand(canon.kind, {memory: true}))
      return withPointers(addressOf(cx, scope, canon), 'i32 T -> i32')
    case 'thread.new-indirect':
    case 'thread.spawn-indirect': {
      const argument = startArgument(cx, scope, canon.type)
      return {params: [tableAddress(cx, scope, canon.table), argument], results: ['i32']}
    }
    case 'thread.spawn-ref':
      return {
        params: [`(ref null ${canon.type})`, startArgument(cx, scope, canon.type)],
        results: ['i32'],
      }
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
  const {signature: type, spillsParams} = flattenReturn(facts, addressOf(cx, scope, canon.options))
  checkOptions(
    cx,
    scope,
    canon.options,
    demand(canon.kind, {memory: spillsParams || facts?.pointers === true}),
  )
  return type
}

function checkContext(cx: Context, scope: Scope, type: CoreValType, slot: number): void {
  if (type !== 'i32' && type !== 'i64') {
    invalid(cx, '`context.get` and `context.set` work on `i32` or `i64` only')
  }
  if (slot > 1) invalid(cx, `immediate must be zero or one: ${slot}`)
  scope.contextType ??= type
  if (scope.contextType !== type) {
    invalid(cx, `type must match previous context type \`${scope.contextType}\``)
  }
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
  return withPointers(
    addressOf(cx, scope, canon.options),
    canon.kind.startsWith('stream') ? 'i32 T T -> T' : 'i32 T -> i32',
  )
}

/** What a thread's start function, of the type at `index`, takes. */
function startArgument(cx: Context, scope: Scope, index: number): Address {
  const type = at(cx, scope.core.type, index, 'type')
  for (const argument of ['i32', 'i64'] as const) {
    if (type.kind === 'func' && sameSignature(type.signature, {params: [argument], results: []}))
      return argument
  }
  return invalid(cx, 'the start function of a thread must take one `i32` or `i64` and return nothing')
}

function tableAddress(cx: Context, scope: Scope, index: number): Address {
  const {element, limits} = at(cx, scope.core.table, index, 'table')
  if (element !== 'funcref') invalid(cx, 'the table of a thread built-in must be one of type `funcref`')
  return limits.address
}
