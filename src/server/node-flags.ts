// server/node-flags.ts: how the Node process that runs guests must be started.

/**
 * - A guest stopped by its deadline leaves async_hooks' stack uneven; Node's check of it would end the process.
 * - V8 takes each wasm memory's full length for external memory and asks for a full collection about every seventh
 *   sandbox; counted within the global limit, and that set far away, it does not. The JavaScript heap is then
 *   bounded by heap-guard.ts, guests by their limits.
 * - Lazy validation: a function is validated when it is first called, so a 10 MB module starts at once; an invalid one
 *   fails then, as a trap.
 */
export const GUEST_NODE_FLAGS: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--no-force-async-hooks-checks',
  '--external-memory-accounted-in-global-limit',
  '--initial-old-space-size=60000',
  '--max-old-space-size=60000',
  '--wasm-lazy-validation',
]

/** Whether a process started with these arguments for Node may run guests. */
export const mayRunGuests = (execArgv: readonly string[]): boolean =>
  GUEST_NODE_FLAGS.every(flag => execArgv.includes(flag))
