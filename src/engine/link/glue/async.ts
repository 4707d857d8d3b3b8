// engine/link/glue/async.ts: emits the functions between guests and the host for components with the asynchronous ABI: what
// values cross is put together as for synchronous ones, and handed as closures to engine/async, which decides when.
import {type FlatType, flattenFunc, flattenTypes, MAX_FLAT_ASYNC_PARAMS} from '../../abi/flatten.ts'
import {layoutOf, type PtrType} from '../../abi/layout.ts'
import {contains, type FuncType, type Type} from '../../abi/types.ts'
import type {AsyncBuiltin, CoreRef, Func, LiftOptions, Trampoline} from '../plan.ts'
import {type Border, toPointer} from './border.ts'
import type {FunctionEmitter} from './function.ts'
import {copyType, listExpr} from './load.ts'
import {quote} from './names.ts'
import {elementsHelper} from './store.ts'

type Signature = Readonly<{params: readonly FlatType[]; result: FlatType | undefined}>
type Lifted = Func & {kind: 'lifted'}

const I32 = ['i32'] as const

const addressOf = (options: LiftOptions | undefined): PtrType => options?.memory?.address ?? 'i32'

/** The core parameters of an asynchronous lower (CanonicalABI.md, flatten_functype). */
export function asyncParams(type: FuncType, options: LiftOptions): readonly FlatType[] {
  const ptr = addressOf(options)
  const params = flattenTypes(
    type.params.map(param => param.type),
    ptr,
  )
  const flat: readonly FlatType[] = params.length > MAX_FLAT_ASYNC_PARAMS ? [ptr] : params
  return type.result === undefined ? flat : [...flat, ptr]
}

/** The core type of a built-in that may wait. */
export function signature({name, options}: AsyncBuiltin): Signature {
  const ptr = addressOf(options)
  switch (name) {
    case 'waitable-set.wait':
    case 'future.read':
    case 'future.write':
      return {params: ['i32', ptr], result: 'i32'}
    case 'stream.read':
    case 'stream.write':
      return {params: ['i32', ptr, ptr], result: ptr}
    case 'thread.yield':
    case 'thread.suspend':
      return {params: [], result: 'i32'}
    default:
      return {params: I32, result: 'i32'}
  }
}

export class AsyncEmitter {
  readonly #functions: FunctionEmitter

  constructor(functions: FunctionEmitter) {
    this.#functions = functions
  }

  get #source() {
    return this.#functions.source
  }

  #name(func: Func): string {
    return func.kind === 'host' ? func.name : func.core.kind === 'export' ? func.core.name : 'f'
  }

  #options(options: LiftOptions): string {
    return quote(`${options.stringEncoding} ${options.memory?.index ?? ''}`)
  }

  #type(type: Type | undefined): string {
    return type === undefined ? 'undefined' : this.#source.constant(this.#source.type(type), 'Y')
  }

  /** A FuncInst; what it refers to may not be there yet when it is emitted. */
  #func(func: Func): string {
    if (func.kind === 'host') {
      const {host, type} = func
      const call = this.#source.constant(host.call, 'host')
      const options = `asyncType:${type.async},mayBlock:${host.mayBlock},givesFuture:${type.result?.kind === 'future'}`
      return this.#source.helper(
        `hostFunc:${call}:${options}`,
        'F_',
        name => `const ${name}=hostFunc((...args)=>${call}(store,...args),{${options}});`,
      )
    }
    const key = this.#source.constant(func, 'key')
    return this.#source.helper(`func:${key}:false`, 'F_', name => this.#lifted(func, name, false))
  }

  /** A CoreCall. */
  #core(ref: CoreRef, blocks: boolean, params: readonly FlatType[], result: FlatType | undefined): string {
    return blocks
      ? `stackCall(scheduler,${this.#functions.blockingNow(ref, params, result)})`
      : `plainCall(guard,${this.#functions.ref(ref)})`
  }

  /** Statements that return what a call of core code with these values gives, and the declaration that they need. */
  #call(
    ref: CoreRef,
    blocks: boolean,
    {params, result, values}: Signature & Readonly<{values: readonly string[]}>,
  ): Readonly<{declaration: string; call: string}> {
    const name = this.#source.name('s_')
    const list = values.join(',')
    return blocks
      ? {
          declaration: `const ${name}=${this.#core(ref, blocks, params, result)};`,
          call: `return ${name}(${['returning', ...values].join(',')})`,
        }
      : {
          declaration: `const ${name}=${this.#functions.ref(ref)};`,
          call: `guard.enter();const c=${name}(${list});guard.leave();return c`,
        }
  }

  #lifted(func: Lifted, name: string, host: boolean): string {
    const {type, instance, options} = func
    const functions = this.#functions
    const border = functions.border(options, instance, host)
    const flat = flattenFunc(type, border.ptr)
    const blocks = functions.plan.instances[instance]!.blocks
    const args = type.params.map((_, i) => `a${i}`)
    const lowered = functions.lowerParams(border, type, args, flat.paramsSpilled)
    const params: readonly FlatType[] = flat.paramsSpilled ? [border.ptr] : flat.params
    const form = !options.async ? 'sync' : options.callback === undefined ? 'stackful' : 'callback'
    const coreResult =
      flat.results.length === 0 ? undefined : flat.resultSpilled ? border.ptr : flat.results[0]!
    const result = form === 'sync' ? coreResult : form === 'callback' ? 'i32' : undefined
    const sync = border.memory === undefined ? '' : `${border.memory}.sync();`
    const callback =
      options.callback === undefined
        ? 'undefined'
        : this.#core(options.callback, blocks, ['i32', 'i32', 'i32'], 'i32')
    const lift =
      form === 'sync' && type.result !== undefined
        ? `c=>{${sync}${functions.liftResult(border, type.result, flat.resultSpilled)}return r}`
        : '()=>undefined'
    const postReturn =
      options.postReturn === undefined
        ? 'undefined'
        : `c=>{guard.enter();${functions.closed(options.postReturn, instance, coreResult === undefined ? [] : [coreResult], undefined)}(${coreResult === undefined ? '' : 'c'});guard.leave()}`
    const {declaration, call} = this.#call(func.core, blocks, {params, result, values: lowered.values})
    const core =
      `(args,task,returning)=>{scope=task;${sync}${args.map((each, i) => `const ${each}=args[${i}];`).join('')}` +
      `${lowered.statements}${call}}`
    const fields = [
      `name:${quote(this.#name(func))}`,
      `instance:I${instance}`,
      `asyncType:${type.async}`,
      `form:${quote(form)}`,
      `hasStack:${blocks}`,
      `result:${this.#type(type.result)}`,
      `options:${this.#options(options)}`,
      `core:${core}`,
      `callback:${callback}`,
      `lift:${lift}`,
      `postReturn:${postReturn}`,
    ]
    return lazily(name, `{${declaration}return lift({${fields.join(',')}})}`)
  }

  lower(index: number, {func, options, instance}: Trampoline & {kind: 'lower'}): void {
    const functions = this.#functions
    const {type} = func
    const lends = type.params.some(param => contains(param.type, 'borrow'))
    const border = functions.border(options, instance, func.kind === 'host', lends)
    const flat = flattenFunc(type, border.ptr)
    const spilled = options.async ? flat.params.length > MAX_FLAT_ASYNC_PARAMS : flat.paramsSpilled
    const resultSpilled = options.async ? type.result !== undefined : flat.resultSpilled
    const coreParams = spilled ? ['p0'] : flat.params.map((_, i) => `p${i}`)
    const params = resultSpilled ? [...coreParams, 'ret'] : coreParams
    const args = type.params.map((_, i) => `a${i}`)
    const sync = border.memory === undefined ? '' : `${border.memory}.sync();`
    const lowered = functions.lowerResult(border, type.result, resultSpilled)
    const any = !options.async && !resultSpilled && flat.results[0] === 'i64' ? '0n' : '0'
    const site = `{name:${quote(this.#name(func))},func:${this.#func(func)},async:${options.async},asyncType:${type.async}}`
    functions.trampolineLine(
      index,
      params.join(','),
      `guard.leave();return runtime.give(lower(runtime.thread(I${instance}),${site},` +
        `l=>{lenders=l;${sync}${functions.liftParams(border, type, coreParams, spilled)}return [${args.join(',')}]},` +
        `r=>{${sync}${lowered.statements}return ${lowered.value}}),${any})`,
    )
  }

  /** resource.drop of a guest's resource: its destructor is a call like others. */
  drop(index: number, resourceIndex: number, instance: number): void {
    const {resource, dtor} = this.#functions.plan.resources[resourceIndex]!
    const R = this.#source.constant(resource, 'R')
    const owner = resource.instance!
    const blocks = this.#functions.plan.instances[owner]!.blocks
    const name = this.#source.name('D_')
    const {declaration, call} =
      dtor === undefined
        ? {declaration: '', call: ''}
        : this.#call(dtor, blocks, {params: [resource.rep], result: undefined, values: ['args[0]']})
    this.#source.line(
      lazily(
        name,
        `{${declaration}return lift({name:'the destructor',instance:I${owner},asyncType:false,form:'sync',` +
          `hasStack:${blocks},result:undefined,options:'',core:(args,task,returning)=>{${call}},callback:undefined,` +
          'lift:()=>undefined,postReturn:undefined})}',
      ),
    )
    this.#functions.trampolineLine(
      index,
      'i',
      `guard.leave();I${instance}.checkLeave();const h=H${instance}.drop(${R},i>>>0);` +
        'if(!h.own){guard.enter();return}' +
        `return runtime.give(lower(runtime.thread(I${instance}),{name:'the destructor',func:${name},async:false,asyncType:false},` +
        '()=>[h.rep],()=>undefined),undefined)',
    )
  }

  /** An expression for the TaskFunction of an exported function. */
  export(func: Lifted, exported: string): string {
    const key = this.#source.constant(func, 'key')
    const name = this.#source.helper(`func:${key}:true`, 'F_', each => this.#lifted(func, each, true))
    return `taskFunction(scheduler,${name},${quote(exported)})`
  }

  builtin(index: number, builtin: AsyncBuiltin): void {
    const [params, expression] = this.#builtin(builtin)
    const thread = /\bth\b/.test(expression) ? 'const th=runtime.thread(I);' : ''
    const any = signature(builtin).result === 'i64' ? '0n' : '0'
    const give = this.#functions.suspends(index)
      ? `return runtime.give(${expression},${any})`
      : `const r=${expression};guard.enter();return r`
    this.#functions.trampolineLine(
      index,
      params,
      `guard.leave();const I=I${builtin.instance};${thread}${give}`,
    )
  }

  #builtin(builtin: AsyncBuiltin): [params: string, expression: string] {
    const {name, async, cancellable, slot, valueType, type, options, instance} = builtin
    const pointer = (value: string) => toPointer(addressOf(options), value)
    const copies = type !== undefined && (type.kind === 'stream' || type.kind === 'future')
    const T = copies ? copyType(this.#source, type) : ''
    const verb = quote(/read/.test(name) ? 'read' : 'write')
    switch (name) {
      case 'backpressure.inc':
        return ['', 'I.addBackpressure(1)']
      case 'backpressure.dec':
        return ['', '(I.addBackpressure(-1),scheduler.kick())']
      case 'task.cancel':
        return ['', 'taskCancel(th)']
      case 'task.return':
        return this.#taskReturn(builtin)
      case 'context.get':
        return ['', `contextGet(th,${slot},${quote(valueType)})`]
      case 'context.set':
        return ['v', `contextSet(th,${slot},v)`]
      case 'subtask.cancel':
        return ['i', `subtaskCancel(th,i>>>0,${async})`]
      case 'subtask.drop':
        return ['i', 'subtaskDrop(I,i>>>0)']
      case 'stream.new':
      case 'future.new':
        return ['', `copyNew(I,${T})`]
      case 'stream.drop-readable':
      case 'stream.drop-writable':
      case 'future.drop-readable':
      case 'future.drop-writable':
        return ['i', `copyDrop(I,${T},${verb},i>>>0)`]
      case 'stream.read':
      case 'stream.write':
        return ['i,p,n', `copy(th,${this.#copy(builtin, T, verb)},i>>>0,${pointer('p')},${pointer('n')})`]
      case 'future.read':
      case 'future.write':
        return ['i,p', `copy(th,${this.#copy(builtin, T, verb)},i>>>0,${pointer('p')},1)`]
      case 'stream.cancel-read':
      case 'stream.cancel-write':
      case 'future.cancel-read':
      case 'future.cancel-write':
        return ['i', `copyCancel(th,${T},${verb},${async},i>>>0)`]
      case 'waitable-set.new':
        return ['', 'waitableSetNew(I)']
      case 'waitable-set.wait':
        return ['s,p', `waitableSetWait(th,s>>>0,${cancellable},${this.#storeEvent(builtin)})`]
      case 'waitable-set.poll':
        return ['s,p', `waitableSetPoll(th,s>>>0,${cancellable},${this.#storeEvent(builtin)})`]
      case 'waitable-set.drop':
        return ['s', 'waitableSetDrop(I,s>>>0)']
      case 'waitable.join':
        return ['i,s', 'waitableJoin(I,i>>>0,s>>>0)']
      case 'error-context.new': {
        const border = this.#functions.border(options!, instance, false)
        const lift = this.#functions.liftParams(border, STRING_PARAM, ['p', 'n'], false)
        return ['p,n', `errorContextNew(I,()=>{${border.memory}.sync();${lift}return a0})`]
      }
      case 'error-context.debug-message': {
        const border = this.#functions.border(options!, instance, false)
        const lowered = this.#functions.lowerResult(border, STRING, true)
        return ['i,ret', `(r=>{${lowered.statements}})(errorContextDebugMessage(I,i>>>0))`]
      }
      case 'error-context.drop':
        return ['i', 'errorContextDrop(I,i>>>0)']
      case 'thread.index':
        return ['', 'threadIndex(th)']
      case 'thread.new-indirect':
        return [
          'f,c',
          `(I.checkLeave(),threadNew(th,threadStart(runtime,${this.#functions.ref(builtin.table!)},f,c),c))`,
        ]
      case 'thread.resume-later':
        return ['i', 'threadResumeLater(th,i>>>0)']
      case 'thread.suspend':
        return ['', `threadSuspend(th,${cancellable})`]
      case 'thread.yield':
        return ['', `threadYield(th,${cancellable})`]
      case 'thread.suspend-then-resume':
      case 'thread.yield-then-resume':
        return ['i', `threadSwitch(th,i>>>0,${cancellable},${name === 'thread.yield-then-resume'})`]
      case 'thread.suspend-then-promote':
      case 'thread.yield-then-promote':
        return ['i', `threadPromote(th,i>>>0,${cancellable},${name === 'thread.yield-then-promote'})`]
      default:
        throw new Error(`${name} is refused before glue is emitted`)
    }
  }

  #taskReturn({type, options, instance}: AsyncBuiltin): [string, string] {
    const border = this.#functions.border(options!, instance, false)
    const func: FuncType = {
      async: true,
      params: type === undefined ? [] : [{label: 'r', type}],
      result: undefined,
    }
    const flat = flattenFunc(func, border.ptr)
    const params = flat.paramsSpilled ? ['p0'] : flat.params.map((_, i) => `p${i}`)
    const returned = (each: Border): string =>
      `${each.memory === undefined ? '' : `${each.memory}.sync();`}` +
      `${this.#functions.liftParams(each, func, params, flat.paramsSpilled)}task.return(${type === undefined ? 'undefined' : 'a0'})`
    const [toHost, toGuest] = [this.#functions.border(options!, instance, true), border].map(returned)
    const name = this.#source.name('return_')
    this.#source.line(
      `const ${name}=(${['task', ...params].join(',')})=>{if(task.toHost){${toHost}}else{${toGuest}}};`,
    )
    const task = `returning(th,${this.#options(options!)},${this.#type(type)})`
    return [params.join(','), `${name}(${[task, ...params].join(',')})`]
  }

  #storeEvent({options, instance}: AsyncBuiltin): string {
    const {memory} = this.#functions.border(options!, instance, false)
    return `(a,b)=>{${memory}.sync();const q=${toPointer(addressOf(options), 'p')};${memory}.checkAligned(q,8,4);${memory}.view.setUint32(q,a,true);${memory}.view.setUint32(q+4,b,true)}`
  }

  #copy({type, options, instance, async, name}: AsyncBuiltin, T: string, verb: string): string {
    const element = (type as Type & {kind: 'stream' | 'future'}).element
    const codec = element === undefined ? 'undefined' : this.#codec(options!, instance, element)
    const wide = type!.kind === 'stream' && addressOf(options) === 'i64'
    return this.#source.helper(
      `copy:${name}:${T}:${async}:${wide}:${codec}`,
      'B_',
      each => `const ${each}={type:${T},verb:${verb},async:${async},codec:${codec},wide:${wide}};`,
    )
  }

  #codec(options: LiftOptions, instance: number, element: Type): string {
    const border = this.#functions.border(options, instance, false)
    const hosts = crossesDifferently(element) ? this.#functions.border(options, instance, true) : border
    const {size, align} = layoutOf(element, border.ptr)
    const m = border.memory
    const load = (each: Border) =>
      `(p,n)=>{${m}.sync();${m}.begin();return ${listExpr(this.#source, each, element, 'p', 'n')}}`
    const store = (each: Border) => `(p,v)=>{${m}.sync();${elementsHelper(this.#source, each, element)}(p,v)}`
    return this.#source.helper(
      `codec:${border.key}:${this.#type(element)}`,
      'codec_',
      name =>
        `const ${name}={size:${size},check:(p,n)=>{${m}.sync();${m}.checkAligned(p,n*${size},${align})},` +
        `load:${load(border)},store:${store(border)},loadForHost:${load(hosts)},storeOfHost:${store(hosts)}};`,
    )
  }
}

/** A function of a FuncInst that is made when it is first called: what it refers to may not be there before. */
const lazily = (name: string, body: string): string =>
  `let ${name}_;const ${name}=(scheduler,caller,use,done)=>(${name}_??=(()=>${body})())(scheduler,caller,use,done);`

/** Whether the host has another form of it than guests that pass it to each other. */
const crossesDifferently = (type: Type): boolean =>
  (['own', 'stream', 'future', 'error-context'] as const).some(kind => contains(type, kind))

const STRING: Type = {kind: 'string'}
const STRING_PARAM: FuncType = {async: false, params: [{label: 's', type: STRING}], result: undefined}
