// server/kept-code.ts: our own compiled code, kept for the next start.

/** The launcher knows where it is kept, and how. */
export type CompiledCode = Readonly<{
  /** What tells our code from any other; undefined where it may change while it runs. */
  identity: string | undefined
  /** Whether there is some already, which this process runs. */
  isKept: boolean
  /** Keeps what has been compiled by now, if that is more. */
  keep: () => void
}>

/** When a start is over and the machine has time again. */
const AFTER_MS = 2_000

let compiled: CompiledCode = {identity: undefined, isKept: true, keep() {}}

export function useCompiledCode(code: CompiledCode): void {
  compiled = code
}

/** Of the code that this process runs. */
export const codeIdentity = (): string | undefined => compiled.identity

/** For the end of a process: one that has served for a while has run functions that no start needs. */
export function keepCompiledCode(): void {
  if (!compiled.isKept || process.uptime() * 1000 > AFTER_MS) compiled.keep()
}

/** For a process that serves from now on, and that may be killed. */
export function keepCompiledCodeSoon(): void {
  if (!compiled.isKept) setTimeout(() => compiled.keep(), AFTER_MS).unref()
}
