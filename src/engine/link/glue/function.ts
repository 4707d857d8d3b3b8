// engine/link/glue/function.ts: emits the functions between guests and the host (CanonicalABI.md, canon lift, canon lower
// and the resource built-ins), for synchronous functions.
import {type FlatType, flattenFunc} from '../../abi/flatten.ts'
import {layoutOf} from '../../abi/layout.ts'
import {contains, type FuncType, type Type} from '../../abi/types.ts'
import {mayWait} from '../may-wait.ts'
import {ancestors, contain} from '../nesting.ts'
import type {CoreRef, Func, LiftOptions, Plan, ResourcePlan, Trampoline} from '../plan.ts'
import {storeWord} from '../stacks.ts'
import {AsyncEmitter, asyncParams, signature} from './async.ts'
import {type Border, toPointer} from './border.ts'
import {type Direct, DirectCalls, isPlain} from './direct.ts'
import {liftFlat, loadExpr} from './load.ts'
import {identifier, quote} from './names.ts'
import {threadOfRealloc} from './realloc-thread.ts'
import type {Source} from './source.ts'
import {lowerFlat, storeStatement} from './store.ts'

type Lifted = Func & {kind: 'lifted'}

/** What the host passes without a byte of memory. */
const SCALARS: ReadonlySet<Type['kind']> = new Set([
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'enum',
  'flags',
  'own',
  'borrow',
])

/** Emits a plan's functions into `source`. */
export class FunctionEmitter {
  readonly plan: Plan
  readonly source: Source
  readonly #async: AsyncEmitter
  readonly #direct: DirectCalls
  /** Where in the emitted array `suspending` a trampoline that may suspend is found, as core code must call it. */
  readonly #suspendingAt: ReadonlyMap<number, number>

  constructor(plan: Plan, source: Source) {
    this.plan = plan
    this.source = source
    this.#async = new AsyncEmitter(this)
    this.#direct = new DirectCalls(plan)
    this.#suspendingAt = new Map(this.suspending().map(({index}, at) => [index, at]))
  }

  /** An expression for something core. */
  ref(ref: CoreRef): string {
    if (ref.kind === 'export') return `e${ref.instance}[${quote(ref.name)}]`
    const at = this.#suspendingAt.get(ref.trampoline)
    return at === undefined ? `t${ref.trampoline}` : `suspending[${at}]`
  }

  /** The same, in a variable of its own, for what is used per call. */
  variable(ref: CoreRef): string {
    const expression = this.ref(ref)
    return this.source.helper(`ref:${expression}`, 'c_', name => `const ${name}=${expression};`)
  }

  memory(options: LiftOptions): string | undefined {
    const memory = options.memory
    if (memory === undefined) return undefined
    const expression = this.ref(memory.ref)
    return this.source.helper(
      `memory:${memory.index}`,
      'm_',
      name => `const ${name}=guestMemory(${expression});runtime.memories.push(${name});`,
    )
  }

  #allocate(options: LiftOptions, memory: string | undefined, instance: number): string | undefined {
    if (options.realloc === undefined || memory === undefined) return undefined
    const wide = options.memory!.address === 'i64'
    const ptr = wide ? 'i64' : 'i32'
    const realloc = this.closed(options.realloc, instance, [ptr, ptr, ptr, ptr], ptr)
    const call = wide
      ? `toIndex(BigInt.asUintN(64,${realloc}(0n,0n,BigInt(a),BigInt(n))))`
      : `${realloc}(0,0,a,n)>>>0`
    const [declare, begin, end] = threadOfRealloc(this.plan, this.source, instance)
    return this.source.helper(
      `allocate:${realloc}:${memory}:${instance}`,
      'allocate_',
      name =>
        `${declare}const ${name}=(a,n)=>{${begin}I${instance}.mayLeave=false;guard.enter();const p=${call};guard.leave();` +
        `I${instance}.mayLeave=true;${end}${memory}.sync();${memory}.checkAligned(p,n,a);return p};`,
    )
  }

  /** A variable with a function that runs while `mayLeave` of the instance is false. */
  closed(ref: CoreRef, instance: number, params: readonly FlatType[], result: FlatType | undefined): string {
    if (!this.#direct.checksLeaving(instance)) return this.variable(ref)
    const signature = JSON.stringify({params, result})
    const call = `closedCall(${this.ref(ref)},${signature},${this.#mayLeave(instance)})`
    return this.source.helper(call, 'c_', name => `const ${name}=${call};`)
  }

  #mayLeave(instance: number): string {
    return this.source.helper(`mayLeave:${instance}`, 'L_', name => `const ${name}=mayLeaveGlobal();`)
  }

  border(options: LiftOptions, instance: number, host: boolean, lends = false): Border {
    const memory = this.memory(options)
    const allocate = this.#allocate(options, memory, instance)
    return {
      key: [memory, allocate, options.stringEncoding, instance, host, lends].join(),
      memory,
      ptr: options.memory?.address ?? 'i32',
      encoding: options.stringEncoding,
      allocate,
      handles: `H${instance}`,
      instance,
      host,
      lends,
    }
  }

  /**
   * Whether a call must count the handles that it borrows. It need not where nobody could take them away meanwhile:
   * neither the call itself nor, since it cannot be entered, any code of the caller.
   */
  #lends({type}: Func): boolean {
    const params = type.params.map(param => param.type)
    return (['borrow', 'own'] as const).every(kind => params.some(each => contains(each, kind)))
  }

  // canon lower and the resource built-ins

  /** Emits `t<index>`. Where the call must wait, the function leaves a promise with the runtime. */
  trampoline(index: number): void {
    const trampoline = this.plan.trampolines[index]!
    const direct = this.#direct.of(trampoline)
    if (
      trampoline.kind === 'lower' &&
      trampoline.func.kind === 'lifted' &&
      contain(this.plan.instances, trampoline.func.instance, trampoline.instance)
    )
      this.trampolineLine(index, '', 'guard.leave();cannotNest()')
    else if (direct !== undefined) this.#callDirectly(index, trampoline.instance, direct)
    else if (trampoline.kind === 'async') this.#async.builtin(index, trampoline)
    else if (this.plan.async && trampoline.kind === 'lower' && !isPlain(trampoline))
      this.#async.lower(index, trampoline)
    else if (
      this.plan.async &&
      trampoline.kind === 'resource.drop' &&
      this.#hasDestructor(trampoline.resource)
    )
      this.#async.drop(index, trampoline.resource, trampoline.instance)
    else if (trampoline.kind === 'lower') this.#lower(index, trampoline)
    else this.#resource(index, trampoline)
  }

  #hasDestructor(resource: number): boolean {
    return this.plan.resources[resource]!.resource.instance !== undefined
  }

  /** Whether the trampoline may leave a promise for core code to wait for. */
  suspends(index: number): boolean {
    const trampoline = this.plan.trampolines[index]!
    if (this.#direct.of(trampoline) !== undefined) return false
    return mayWait(trampoline, this.plan.instances, this.plan.resources)
  }

  #callDirectly(index: number, caller: number, {func, signature}: Direct): void {
    const mayLeave = this.#direct.checksLeaving(caller) ? this.#mayLeave(caller) : 'undefined'
    this.source.line(
      `const t${index}=directCall(${this.ref(func.core)},${JSON.stringify(signature)},${mayLeave},${this.plan.throws});`,
    )
  }

  #lower(index: number, {func, options, instance}: Trampoline & {kind: 'lower'}): void {
    const border = this.border(options, instance, func.kind === 'host', this.#lends(func))
    const flat = flattenFunc(func.type, border.ptr)
    const coreParams = (flat.paramsSpilled ? ['p0'] : flat.params.map((_, i) => `p${i}`)) as string[]
    const args = func.type.params.map((_, i) => `a${i}`)
    const params = flat.resultSpilled ? [...coreParams, 'ret'] : coreParams

    let body = `guard.leave();if(!I${instance}.mayLeave)cannotLeave();`
    if (border.memory !== undefined) body += `${border.memory}.sync();`
    body += this.liftParams(border, func.type, coreParams, flat.paramsSpilled)
    if (border.lends) body += 'const mine=lenders;lenders=[];'
    const giveBack = border.lends ? 'giveBack(mine);' : ''

    const lowerResult = this.lowerResult(border, func.type.result, flat.resultSpilled)
    // Core code asks for a result even where it is about to wait for it, and undefined is no i64.
    const anyResult = !flat.resultSpilled && flat.results[0] === 'i64' ? '0n' : 'undefined'
    const suspend = (args: string) => `(runtime.suspend(${args}),${anyResult})`
    if (func.kind === 'host') {
      const host = this.source.constant(func.host.call, 'host')
      const call = `${host}(${['store', ...args].join(',')})`
      const finish = `${giveBack}${lowerResult.statements}`
      if (func.host.mayBlock) {
        body +=
          `const r=${call};if(r instanceof Promise)` +
          `return ${suspend(`r,r=>{${finish}return ${lowerResult.value}}`)};` +
          `${finish}guard.enter();return ${lowerResult.value};`
      } else
        body += `${func.type.result === undefined ? '' : 'const r='}${call};${finish}guard.enter();return ${lowerResult.value};`
    } else {
      body += this.#callLifted(func, args, instance, {
        host: false,
        deliver: `${giveBack}${lowerResult.statements}`,
        value: lowerResult.value,
        done: 'guard.enter();',
        waits: promise => `return ${suspend(`${promise},v=>v`)};`,
      })
    }
    this.trampolineLine(index, params.join(','), body)
  }

  /**
   * A declaration, so that core code can be given it before what it uses is there. A guest that may wait has a stack of
   * its own, which the host does not use; others must leave some of theirs, and are not left before that is known.
   */
  trampolineLine(index: number, params: string, body: string): void {
    const {blocks} = this.plan.instances[this.plan.trampolines[index]!.instance]!
    const reserve = blocks ? '' : 'reserve(0);'
    this.source.line(`function t${index}(${params}){${reserve}try{${body}}catch(e){throw uncatchable(e)}}`)
  }

  /** The core signatures of the trampolines that may suspend, by index. */
  suspending(): {index: number; params: readonly FlatType[]; result: FlatType | undefined}[] {
    return this.plan.trampolines.flatMap((trampoline, index) => {
      if (!this.suspends(index)) return []
      if (trampoline.kind === 'async') return [{index, ...signature(trampoline)}]
      if (trampoline.kind !== 'lower') return [{index, params: ['i32' as const], result: undefined}]
      if (trampoline.options.async)
        return [
          {index, params: asyncParams(trampoline.func.type, trampoline.options), result: 'i32' as const},
        ]
      const ptr = trampoline.options.memory?.address ?? 'i32'
      const flat = flattenFunc(trampoline.func.type, ptr)
      const params = flat.paramsSpilled ? [ptr] : flat.params
      return [
        flat.resultSpilled
          ? {index, params: [...params, ptr], result: undefined}
          : {index, params, result: flat.results[0]},
      ]
    })
  }

  liftParams(border: Border, type: FuncType, params: readonly string[], spilled: boolean): string {
    const types = type.params.map(param => param.type)
    const begin = beginLifting(border, types)
    if (!spilled) {
      const flat = [...params]
      return (
        begin + types.map((each, i) => `const a${i}=${liftFlat(this.source, border, each, flat)};`).join('')
      )
    }
    const tuple: Type = {kind: 'tuple', elements: types}
    const {size, align} = layoutOf(tuple, border.ptr)
    const names = types.map((_, i) => `a${i}`).join(',')
    return (
      `${begin}const q=${toPointer(border.ptr, params[0]!)};${border.memory}.checkAligned(q,${size},${align});` +
      `const [${names}]=${loadExpr(this.source, border, tuple, 'q')};`
    )
  }

  /** Lowers `r` for the caller; `value` is what its core function returns. */
  lowerResult(
    border: Border,
    result: Type | undefined,
    spilled: boolean,
  ): {statements: string; value: string} {
    if (result === undefined) return {statements: '', value: 'undefined'}
    if (!spilled) {
      const lowered = lowerFlat(this.source, border, result, 'r')
      return {statements: lowered.statements, value: lowered.values[0]!}
    }
    const {size, align} = layoutOf(result, border.ptr)
    const sync = `${border.memory}.sync();`
    return {
      statements:
        `${sync}const q_=${toPointer(border.ptr, 'ret')};${border.memory}.checkAligned(q_,${size},${align});` +
        storeStatement(this.source, border, result, 'q_', 'r'),
      value: 'undefined',
    }
  }

  #resource(index: number, trampoline: Exclude<Trampoline, {kind: 'lower' | 'async'}>): void {
    const {instance} = trampoline
    const plan = this.plan.resources[trampoline.resource]!
    const resource = this.source.constant(plan.resource, 'R')
    const start = `guard.leave();if(!I${instance}.mayLeave)cannotLeave();`
    const [params, body] = ((): [string, string] => {
      if (trampoline.kind === 'resource.new')
        return ['rep', `${start}const i=H${instance}.addOwn(${resource},rep);guard.enter();return i`]
      if (trampoline.kind === 'resource.rep')
        return ['i', `guard.leave();const rep=H${instance}.rep(${resource},i>>>0);guard.enter();return rep`]
      const drop = `${start}const h=H${instance}.drop(${resource},i>>>0);`
      if (plan.resource.instance === undefined) return ['i', `${drop}${this.#dropHost(plan)}guard.enter()`]
      const destroy = this.#destroy(trampoline.resource, instance, this.suspends(index))
      return ['i', `${drop}if(h.own){${destroy}}guard.enter()`]
    })()
    this.trampolineLine(index, params, body)
  }

  /** Tells the host that the guest dropped `h`, if it wants to know. */
  #dropHost({host}: ResourcePlan): string {
    if (host?.drop === undefined) return ''
    return `if(h.own)${this.source.constant(host.drop, 'drop')}(store,h.rep);`
  }

  /** Runs the destructor of `h.rep`, entering its component instance from `caller`. */
  #destroy(resourceIndex: number, caller: number | undefined, suspends: boolean): string {
    const {resource, dtor} = this.plan.resources[resourceIndex]!
    const entering = this.#entering(resource.instance!, caller)
    const enter = enterStatements(entering)
    const leave = leaveStatements(entering)
    if (dtor === undefined) return enter + leave
    if (!suspends) return `${enter}guard.enter();${this.variable(dtor)}(h.rep);guard.leave();${leave}`
    const blocking = this.blocking(dtor, [resource.rep], undefined)
    return (
      `${enter}const p=${blocking}.call(h.rep);` +
      `if(!${blocking}.done){guard.leave();return runtime.suspend(p,()=>{${blocking}.done=false;${leave}})}` +
      `${blocking}.done=false;${leave}`
    )
  }

  /** The same as an expression, for where the function is there already. */
  blockingNow(ref: CoreRef, params: readonly string[], result: string | undefined): string {
    return `blockingCall(runtime,${this.ref(ref)},${JSON.stringify(params)},${result === undefined ? 'undefined' : quote(result)})`
  }

  blocking(ref: CoreRef, params: readonly string[], result: string | undefined): string {
    const func = this.variable(ref)
    return this.source.helper(
      `blocking:${func}`,
      'b_',
      name =>
        `const ${name}=blockingCall(runtime,${func},${JSON.stringify(params)},${result === undefined ? 'undefined' : quote(result)});`,
    )
  }

  /** Sets the destructors that the host's own handles run. */
  destructors(): void {
    for (const {resource, dtor} of this.plan.resources) {
      if (dtor === undefined) continue
      this.source.line(
        `runtime.destructors[${resource.index}]=rep=>{const h={rep};${this.#destroy(resource.index, undefined, false)}};`,
      )
    }
  }

  // canon lift

  /** Whether all that a call from the host may write to the guest's memory is written by the guest function itself. */
  writesOnlyInside(func: Func): boolean {
    if (func.kind === 'host') return true
    const {type, options, instance} = func
    if (this.plan.async || !this.plan.instances[instance]!.blocks || options.postReturn !== undefined)
      return false
    const flat = flattenFunc(type, options.memory?.address ?? 'i32')
    return !flat.paramsSpilled && type.params.every(param => SCALARS.has(param.type.kind))
  }

  /** Emits a GuestFunction, which the host calls with plain values; returns its name. */
  export(func: Func, name: string): string {
    const variable = this.source.name('x_')
    const args = func.type.params.map((_, i) => `a${i}`)
    if (func.kind === 'lifted' && this.plan.async) {
      this.source.line(`const ${variable}=${this.#async.export(func, name)};`)
      return variable
    }
    if (func.kind === 'lifted' && this.plan.instances[func.instance]!.blocks) {
      this.#stacked(func, variable, args)
      return variable
    }
    const body =
      func.kind === 'host'
        ? `return ${this.source.constant(func.host.call, 'host')}(${['store', ...args].join(',')});`
        : this.#callLifted(func, args, undefined, {
            host: true,
            deliver: '',
            value: func.type.result === undefined ? 'undefined' : 'r',
            done: '',
            waits: () => '',
          })
    this.source.line(`const ${variable}=function ${identifier(name)}_(${args.join(',')}){${body}};`)
    return variable
  }

  /**
   * Statements that call a lifted function with the values named by `args`; its result is then in `r`, `then` runs, and
   * `value` is returned. Where the call waits, `waits` says what to do with the promise of `value`.
   */
  #callLifted(
    func: Lifted,
    args: readonly string[],
    caller: number | undefined,
    use: {
      host: boolean
      deliver: string
      value: string
      done: string
      waits: (promise: string) => string
    },
  ): string {
    const {instance} = func
    const source = this.source
    const parts = this.#parts(func, args, caller, use.host)
    const {values, coreParams, coreResult, after, finish} = parts
    const before = parts.borrowed === undefined ? parts.before : `let ${parts.borrowed};${parts.before}`
    const complete = `${after}${use.deliver}${finish}${use.done}return ${use.value};`

    if (!this.plan.instances[instance]!.blocks) {
      const core = this.variable(func.core)
      const call = `${coreResult === undefined ? '' : 'const c='}${core}(${values.join(',')});`
      return `${before}guard.enter();${call}guard.leave();${complete}`
    }
    const blocking = this.blocking(func.core, coreParams, coreResult)
    // The continuation after a wait is resumed by its caller, which enters the guest again itself.
    const later = `${after}${use.deliver}${finish}return ${use.value};`
    const c = source.name('p')
    return (
      `${before}const ${c}=${blocking}.call(${values.join(',')});` +
      `if(${blocking}.done){${blocking}.done=false;const c=${blocking}.result;${complete}}guard.leave();` +
      use.waits(`${c}.then(c=>{${blocking}.done=false;${later}},leaveAndThrow)`)
    )
  }

  /**
   * The statements around the call of a lifted function's core function: `before` it, with what it is called with, then
   * with its result in `c` those that lift it into `r`, and what must be done at the end.
   */
  #parts(func: Lifted, args: readonly string[], caller: number | undefined, host: boolean) {
    const {type, instance} = func
    const border = this.border(func.options, instance, host)
    const synced = border.memory === undefined ? '' : `${border.memory}.sync();`
    const flat = flattenFunc(type, border.ptr)
    const entering = this.#entering(instance, caller)
    const borrowed = type.params.some(param => contains(param.type, 'borrow'))
      ? this.source.name('borrowed')
      : undefined

    let before = enterStatements(entering)
    if (borrowed !== undefined) before += `${borrowed}=scope={borrows:0};`
    before += synced
    const lowered = this.lowerParams(border, type, args, flat.paramsSpilled)
    before += lowered.statements

    const coreResult =
      flat.results.length === 0 ? undefined : flat.resultSpilled ? border.ptr : flat.results[0]!
    let after = synced + this.liftResult(border, type.result, flat.resultSpilled)
    if (borrowed !== undefined) after += `checkBorrows(${borrowed});`
    let finish = ''
    if (func.options.postReturn !== undefined) {
      const given = coreResult === undefined ? [] : [coreResult]
      const postReturn = this.closed(func.options.postReturn, instance, given, undefined)
      finish = `I${instance}.mayLeave=false;guard.enter();${postReturn}(${coreResult === undefined ? '' : 'c'});guard.leave();I${instance}.mayLeave=true;`
    }
    finish += leaveStatements(entering)
    const coreParams: readonly FlatType[] = flat.paramsSpilled ? [border.ptr] : flat.params
    return {before, borrowed, values: lowered.values, coreParams, coreResult, after, finish}
  }

  /** A function that waits is called by engine/link/stacks.ts, between the two halves that are emitted here. */
  #stacked(func: Lifted, name: string, args: readonly string[]): void {
    const {before, borrowed, values, coreParams, coreResult, after, finish} = this.#parts(
      func,
      args,
      undefined,
      true,
    )
    const words = this.source.helper('callWords', 'words', each => `const ${each}=callWords();`)
    const stores = values.map((value, i) => storeWord(words, i, coreParams[i]!, value)).join('')
    if (borrowed !== undefined) this.source.line(`let ${borrowed};`)
    const result = coreResult === undefined ? 'undefined' : quote(coreResult)
    const core = this.variable(func.core)
    // Core code may export a function of the host that it was given.
    const callee =
      func.core.kind === 'trampoline' && !this.#suspendingAt.has(func.core.trampoline)
        ? `wasmFunction(${core},{params:${JSON.stringify(coreParams)},result:${result}})`
        : core
    this.source.line(
      `const ${name}=stackFunction(runtime,${callee},${JSON.stringify(coreParams)},${result},(${args.join(',')})=>{${before}${stores}},` +
        `c=>{${after}${finish}return ${func.type.result === undefined ? 'undefined' : 'r'}});`,
    )
  }

  lowerParams(
    border: Border,
    type: FuncType,
    args: readonly string[],
    spilled: boolean,
  ): {statements: string; values: readonly string[]} {
    const types = type.params.map(param => param.type)
    if (!spilled) {
      const parts = types.map((each, i) => lowerFlat(this.source, border, each, args[i]!))
      return {
        statements: parts.map(part => part.statements).join(''),
        values: parts.flatMap(part => part.values),
      }
    }
    const tuple: Type = {kind: 'tuple', elements: types}
    const {size, align} = layoutOf(tuple, border.ptr)
    return {
      statements:
        `const w=${border.allocate}(${align},${size});` +
        storeStatement(this.source, border, tuple, 'w', `[${args.join(',')}]`),
      values: [border.ptr === 'i32' ? 'w' : 'BigInt(w)'],
    }
  }

  /** Lifts the core result `c` into `r`. */
  liftResult(border: Border, result: Type | undefined, spilled: boolean): string {
    if (result === undefined) return ''
    const begin = beginLifting(border, [result])
    if (!spilled) return `${begin}const r=${liftFlat(this.source, border, result, ['c'])};`
    const {size, align} = layoutOf(result, border.ptr)
    return (
      `${begin}const z=${toPointer(border.ptr, 'c')};${border.memory}.checkAligned(z,${size},${align});` +
      `const r=${loadExpr(this.source, border, result, 'z')};`
    )
  }

  /** CanonicalABI.md, entering_set: the instances that a call enters, innermost first. */
  #entering(instance: number, caller: number | undefined): number[] {
    const {instances} = this.plan
    const already = new Set(ancestors(instances, caller))
    return ancestors(instances, instance).filter(each => !already.has(each))
  }
}

/** What is lifted from a list or string is counted for each call. */
function beginLifting(border: Border, types: readonly Type[]): string {
  const counted = types.some(type => (['string', 'list', 'map'] as const).some(kind => contains(type, kind)))
  return counted && border.memory !== undefined ? `${border.memory}.begin();` : ''
}

function enterStatements(entering: readonly number[]): string {
  if (entering.length === 0) return ''
  return (
    `if(${entering.map(i => `!I${i}.mayEnter`).join('||')})cannotEnter();` +
    entering.map(i => `I${i}.mayEnter=false;`).join('')
  )
}

const leaveStatements = (entering: readonly number[]): string =>
  entering.map(i => `I${i}.mayEnter=true;`).join('')
