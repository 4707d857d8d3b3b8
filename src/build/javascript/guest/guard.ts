// build/javascript/guest/guard.ts: while a handler is loaded, what differs from one event to the next is refused.
//
// The state after loading is what every event starts from. A random number, a time or an answer from the network
// in it would be the same for all events, forever. Allowed at the top level is whatever follows from the source:
// `new Date(2020, 0)`, `Date.UTC`, `crypto.subtle.digest`, timers made inside functions, and so on.
import {reportInit} from './report.ts'

type Holder = Record<string, unknown>

let armed = true
const restores: (() => void)[] = []

function refuse(what: string): never {
  const error = new Error(`${what} cannot be called while the module is loaded, before any event`)
  reportInit({kind: 'impure', what, stack: String(error.stack)})
  throw error
}

/** Puts a function that refuses in the place of `holder[name]`; kept by someone, it works later like the original. */
function guard(holder: object | undefined, name: string, what: string): void {
  if (holder === undefined) return
  const original = (holder as Holder)[name]
  if (typeof original !== 'function') return
  const guarded = function (this: unknown, ...args: unknown[]): unknown {
    if (armed) refuse(what)
    return Reflect.apply(original, this, args)
  }
  Object.defineProperty(guarded, 'name', {value: name})
  replace(holder, name, guarded)
}

function replace(holder: object, name: string, value: unknown): void {
  const own = Object.getOwnPropertyDescriptor(holder, name)
  Object.defineProperty(holder, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  })
  restores.push(() => {
    // What the handler has put there itself meanwhile stays.
    if ((holder as Holder)[name] !== value) return
    if (own) Object.defineProperty(holder, name, own)
    else delete (holder as Holder)[name]
  })
}

/** The same for an accessor. */
function guardGetter(holder: object | undefined, name: string, what: string): void {
  const original = holder && Object.getOwnPropertyDescriptor(holder, name)
  if (holder === undefined || original?.get === undefined) return
  const {get} = original
  Object.defineProperty(holder, name, {
    configurable: true,
    get() {
      if (armed) refuse(what)
      return Reflect.apply(get, this, [])
    },
  })
  restores.push(() => Object.defineProperty(holder, name, original))
}

/** `new Date()` and `Date()` ask for the time; with arguments `new Date(...)` does not. */
function guardDate(): void {
  const Original = Date
  const Guarded: DateConstructor = new Proxy(Original, {
    construct(target, args, newTarget) {
      if (armed && args.length === 0) refuse('new Date()')
      return Reflect.construct(target, args, newTarget === Guarded ? target : newTarget)
    },
    apply(target, self, args) {
      if (armed) refuse('Date()')
      return Reflect.apply(target as unknown as () => string, self, args)
    },
  })
  guard(Original, 'now', 'Date.now()')
  replace(Original.prototype, 'constructor', Guarded)
  replace(globalThis, 'Date', Guarded)
}

/** Ends the guard: from here on everything is as the engine made it. */
export function disarm(): void {
  armed = false
  for (const restore of restores.reverse()) restore()
}

guard(Math, 'random', 'Math.random()')
guard(globalThis.crypto, 'getRandomValues', 'crypto.getRandomValues()')
guard(globalThis.crypto, 'randomUUID', 'crypto.randomUUID()')
guard(globalThis.crypto?.subtle, 'generateKey', 'crypto.subtle.generateKey()')
guard(globalThis.performance, 'now', 'performance.now()')
guardGetter(Object.getPrototypeOf(globalThis.performance), 'timeOrigin', 'performance.timeOrigin')
guard(globalThis.AbortSignal, 'timeout', 'AbortSignal.timeout()')
guard(globalThis, 'fetch', 'fetch()')
guard(globalThis, 'setTimeout', 'setTimeout()')
guard(globalThis, 'setInterval', 'setInterval()')
guardDate()
