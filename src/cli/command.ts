// cli/command.ts: what a command is; each lives in a file of its own under commands/, loaded only when it runs.
import type {Environment, Flags, Values} from './args.ts'

/** The process around a command, as parameters. */
export type Terminal = Readonly<{
  /** Writes text as it is. */
  out: (text: string) => void
  err: (text: string) => void
  /** Whether `out` and `err` may carry colours. */
  color: Readonly<{out: boolean; err: boolean}>
  env: Environment
  cwd: string
}>

export type Command<T extends Flags = Flags> = Readonly<{
  name: string
  /** Arguments in the usage line: '[FILE | DIR]'. */
  usage: string
  /** One sentence. */
  summary: string
  /** What follows the flags in the help text: examples, mostly. */
  details?: string
  flags: T
  maxPositionals: number
  /** Returns the exit code. */
  run(invocation: Invocation<T>): Promise<number>
}>

export type Invocation<T extends Flags> = Readonly<{
  values: Values<T>
  positionals: readonly string[]
  terminal: Terminal
}>

/** Keeps a command's own flag types while it is listed among others. */
export const defineCommand = <const T extends Flags>(command: Command<T>): Command<T> => command
