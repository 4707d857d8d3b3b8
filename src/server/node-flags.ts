// server/node-flags.ts: how Node must be started, and V8 be set, in a process that runs guests.
import {isIPv6} from 'node:net'
import {setFlagsFromString} from 'node:v8'

/**
 * Those that only a start can set. None makes V8 refuse the compiled code that Node brings of its own modules, and ours.
 * - A guest stopped by its deadline leaves async_hooks' stack uneven; Node's check of it would end the process.
 * - V8 takes each wasm memory's full length for memory of its heap, which so needs a limit far away. heap-guard.ts bounds
 *   the JavaScript heap, and guests have their limits.
 * - A young generation in which a start has room for all that it makes; events fill it no sooner than their objects are dead.
 */
export const GUEST_NODE_FLAGS: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--no-force-async-hooks-checks',
  '--max-old-space-size=60000',
  '--min-semi-space-size=8',
  '--max-semi-space-size=8',
]

/** A function is validated when it is first called, so a 10 MB module starts at once; an invalid one fails then, as a trap. */
const START_FLAG = '--wasm-lazy-validation'

/** To make Node's pattern of IPv6 addresses faster for its few uses takes V8 10 ms. */
const PLAIN_PATTERN_FLAGS: readonly string[] = [
  '--no-regexp-optimization',
  '--no-regexp-peephole-optimization',
]

/**
 * By default V8 asks for a full collection about every seventh sandbox; counted within the global limit, which may grow
 * fast, wasm memories lead to a handful for a thousand. While a process starts, that limit is low: then a component's own
 * memory would lead to one at once.
 */
const MEMORY_FLAGS: readonly string[] = [
  '--external-memory-accounted-in-global-limit',
  '--external-memory-max-growing-factor=100',
]
/** The first events are over then. */
const STARTED_MS = 500

/**
 * Without inlining of wasm functions V8 keeps no feedback for it: 100 kB less for each sandbox of a 13 MB component. What
 * compiles to wasm has inlined before. On the command line the first implies the second, and V8 refuses all compiled
 * code of Node's own modules: 20 ms of every start.
 */
export const NO_FEEDBACK_FLAGS: readonly string[] = ['--no-wasm-inlining', '--no-wasm-inlining-call-indirect']

/** Node strips types by wasm. */
let hasCompiledWasm = import.meta.url.endsWith('.ts')

/** Whether a process started with these arguments for Node may run guests. */
export const mayRunGuests = (execArgv: readonly string[]): boolean =>
  GUEST_NODE_FLAGS.every(flag => execArgv.includes(flag))

/** Sets V8 for guests. What is loaded from now on is compiled from its source. */
export function tuneForGuests(): void {
  setFlagsFromString(START_FLAG)
}

/** Listening at a host has Node match its addresses with that pattern. The flags are set for no code that is loaded. */
export function compileAddressPattern(): void {
  for (const flag of PLAIN_PATTERN_FLAGS) setFlagsFromString(flag)
  isIPv6('')
  for (const flag of PLAIN_PATTERN_FLAGS) setFlagsFromString(flag.replace('no-', ''))
}

/** Sets V8 for many memories, soon. */
export function tuneForMemories(): void {
  setTimeout(() => {
    for (const flag of MEMORY_FLAGS) setFlagsFromString(flag)
  }, STARTED_MS).unref()
}

/** Must be told of all wasm that is compiled before `keepNoFeedback`, whatever for. */
export function wasmWasCompiled(): void {
  hasCompiledWasm = true
}

/**
 * Sets V8 for many sandboxes. Not once it has compiled any wasm: threads share that code, and it would write its feedback
 * where later instances have no room for it.
 */
export function keepNoFeedback(): void {
  if (!hasCompiledWasm) for (const flag of NO_FEEDBACK_FLAGS) setFlagsFromString(flag)
}
