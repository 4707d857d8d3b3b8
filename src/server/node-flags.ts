// server/node-flags.ts: how Node must be started, and V8 be set, in a process that runs guests.
import {flushCompileCache} from 'node:module'
import {setFlagsFromString} from 'node:v8'

/**
 * Those that only a start can set. Most of V8's flags make it refuse the compiled code that Node brings of its own
 * modules, some 10 ms of every start; the last one does, and is worth it.
 * - A guest stopped by its deadline leaves async_hooks' stack uneven; Node's check of it would end the process.
 * - V8 takes each wasm memory's full length for memory of its heap, which so needs a limit far away. heap-guard.ts bounds
 *   the JavaScript heap, and guests have their limits.
 * - A young generation that fits the processor's caches beside a guest's memory: an event's objects are dead soon.
 * - Without inlining of wasm functions V8 keeps no feedback for it: 100 kB less for each sandbox of a 13 MB component.
 *   What compiles to wasm has inlined before. Set later, it would contradict what Node has compiled already.
 */
export const GUEST_NODE_FLAGS: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--no-force-async-hooks-checks',
  '--max-old-space-size=60000',
  '--min-semi-space-size=2',
  '--max-semi-space-size=2',
  '--no-wasm-inlining',
]

/**
 * - By default V8 asks for a full collection about every seventh sandbox; counted within the global limit, which may grow
 *   fast, wasm memories lead to a handful for a thousand.
 * - Lazy validation: a function is validated when it is first called, so a 10 MB module starts at once; an invalid one
 *   fails then, as a trap.
 */
const V8_FLAGS = [
  ['--external-memory-accounted-in-global-limit', '--no-external-memory-accounted-in-global-limit'],
  ['--external-memory-max-growing-factor=100', '--external-memory-max-growing-factor=1.3'],
  ['--wasm-lazy-validation', '--no-wasm-lazy-validation'],
] as const

/** Whether a process started with these arguments for Node may run guests. */
export const mayRunGuests = (execArgv: readonly string[]): boolean =>
  GUEST_NODE_FLAGS.every(flag => execArgv.includes(flag))

/** Sets V8 for guests. What is loaded from now on is compiled from its source. */
export function tuneForGuests(): void {
  for (const [set] of V8_FLAGS) setFlagsFromString(set)
}

/** Writes Node's compile cache as the next process needs it: as compiled with the flags that it starts with. */
export function keepCompiledCode(): void {
  for (const [, unset] of V8_FLAGS) setFlagsFromString(unset)
  flushCompileCache()
  tuneForGuests()
}
