// base/errors.ts: every error Mayfly can show, in one table. docs/errors.md is checked against it.

/** Who can mend it: the person at the keyboard, the guest's author, or us. */
export type Fault = 'user' | 'guest' | 'platform'

export type ErrorEntry = Readonly<{
  /** One sentence; `{name}` is replaced by `details.name`. */
  message: string
  /** What to do about it; may hold `{name}` too. */
  hint?: string
  fault: Fault
  /** The process's exit code when the error ends a command. */
  exitCode: number
}>

const user = (message: string, hint?: string): ErrorEntry =>
  hint === undefined ? {message, fault: 'user', exitCode: 1} : {message, hint, fault: 'user', exitCode: 1}
const guest = (message: string, hint?: string): ErrorEntry =>
  hint === undefined ? {message, fault: 'guest', exitCode: 1} : {message, hint, fault: 'guest', exitCode: 1}
const platform = (message: string, hint?: string): ErrorEntry =>
  hint === undefined
    ? {message, fault: 'platform', exitCode: 70}
    : {message, hint, fault: 'platform', exitCode: 70}

export const ERRORS = {
  // Decoding and validating component binaries; `at.byteOffset` says where.
  DECODE_MALFORMED: user('malformed component: {reason}'),
  DECODE_CORE_MODULE: user(
    'this is a core module, not a component',
    'make it a component with the WASI adapter: `npx jco new {file} --adapt wasi_snapshot_preview1=reactor -o out.wasm`',
  ),
  VALIDATE_INVALID: user('invalid component: {reason}'),

  // Linking.
  LINK_MISSING_IMPORT: user('{who} imports "{name}", which nothing provides', '{remedy}'),
  LINK_TYPE_MISMATCH: user('{who} imports "{name}" with a type other than the one provided: {reason}'),
  LINK_MISSING_EXPORT: user('{who} does not export "{name}"', '{remedy}'),
  LINK_UNSUPPORTED: user('{who} uses {feature}, which this engine cannot run', '{remedy}'),

  // Traps: the guest broke a rule of the canonical ABI or of core WebAssembly.
  TRAP_CORE: guest('the guest trapped: {reason}'),
  TRAP_OUT_OF_BOUNDS: guest('a pointer reaches outside the memory: {reason}'),
  TRAP_MISALIGNED: guest('a pointer is not aligned: {reason}'),
  TRAP_BAD_VALUE: guest('a value is not of its type: {reason}'),
  TRAP_BAD_HANDLE: guest('a handle is not valid: {reason}'),
  TRAP_REENTERED: guest('the component instance cannot be entered: {reason}'),
  TRAP_CANNOT_LEAVE: guest('the component instance cannot be left: {reason}'),
  TRAP_HOST: guest('a host function refused the call: {reason}'),
  TRAP_DEADLOCK: guest('the guest waits for something that can never happen: {reason}'),

  // Limits.
  LIMIT_CPU: guest('the guest used its {limit} ms of processor time', 'raise limits.cpu_ms in [component.{component}.tool.mayfly]'),
  LIMIT_IDLE: guest('the guest did nothing for {limit} ms', 'raise limits.idle_ms in [component.{component}.tool.mayfly]'),
  LIMIT_MEMORY: guest('the guest asked for more than its {limit} MB of memory', 'raise limits.memory_mb in [component.{component}.tool.mayfly]'),
  LIMIT_CONCURRENCY: guest('too many events wait for a sandbox', 'raise limits.concurrency in [component.{component}.tool.mayfly]'),

  // Snapshots and the machine.
  SNAPSHOT_FAILED: platform('the kernel refused {call}: {reason}', 'run `mayfly doctor` to see which restore tiers this machine has'),
  INTERNAL: platform('{reason}', 'this is a bug in Mayfly; please report it with the command you ran'),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** Where something is wrong: a place in a text file, or a byte of a binary. Lines and columns count from 1. */
export type Place = Readonly<{file?: string; line?: number; column?: number; byteOffset?: number; path?: string}>

export type Details = Readonly<Record<string, string | number>>

function fill(template: string, details: Details): string {
  return template.replace(/\{(\w+)\}/g, (whole, key) => (key in details ? String(details[key]) : whole))
}

/** The one error class: match on `code`, never on the message. */
export class MayflyError extends Error {
  override readonly name = 'MayflyError'
  readonly code: ErrorCode
  readonly details: Details
  readonly at: Place | undefined
  readonly hint: string | undefined
  readonly fault: Fault
  readonly exitCode: number

  constructor(code: ErrorCode, details: Details = {}, options: {at?: Place; cause?: unknown} = {}) {
    const entry: ErrorEntry = ERRORS[code]
    super(fill(entry.message, details), options.cause === undefined ? undefined : {cause: options.cause})
    this.code = code
    this.details = details
    this.at = options.at
    const hint = entry.hint === undefined ? '' : fill(entry.hint, details)
    this.hint = hint === '' || /^\{\w+\}$/.test(hint) ? undefined : hint
    this.fault = entry.fault
    this.exitCode = entry.exitCode
  }
}

/** Several mistakes found in one pass; shown one after the other. */
export class MayflyErrors extends AggregateError {
  override readonly name = 'MayflyErrors'
  override readonly errors: MayflyError[]

  constructor(errors: MayflyError[]) {
    super(errors, errors.map(error => error.message).join('\n'))
    this.errors = errors
  }
}
