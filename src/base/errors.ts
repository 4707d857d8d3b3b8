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
/** A command line that means nothing. */
const usage = (message: string, hint?: string): ErrorEntry => ({...user(message, hint), exitCode: 2})
const guest = (message: string, hint?: string): ErrorEntry =>
  hint === undefined ? {message, fault: 'guest', exitCode: 1} : {message, hint, fault: 'guest', exitCode: 1}
const platform = (message: string, hint?: string): ErrorEntry =>
  hint === undefined
    ? {message, fault: 'platform', exitCode: 70}
    : {message, hint, fault: 'platform', exitCode: 70}

export const ERRORS = {
  // Reading the manifest; `at` says where, `at.path` in which table.
  MANIFEST_NOT_FOUND: user(
    'there is no manifest at {file}',
    'run `mayfly new NAME` to make an app, or say with -f where it is',
  ),
  MANIFEST_UNREADABLE: user('cannot read {file}: {reason}', '{remedy}'),
  MANIFEST_TOO_LARGE: user(
    'the manifest is longer than {limit} characters',
    'keep data in files of the component, not in its manifest',
  ),
  MANIFEST_SYNTAX: user('not TOML: {reason}', '{remedy}'),
  MANIFEST_UNKNOWN_FIELD: user('{table} has no field {name}', '{remedy}'),
  MANIFEST_MISSING_FIELD: user('{table} lacks "{name}": expected {expected}', '{remedy}'),
  MANIFEST_WRONG_TYPE: user('{field}: expected {expected}, found {found}', '{remedy}'),
  MANIFEST_BAD_VALUE: user('{field}: expected {expected}, found {found}', '{remedy}'),
  MANIFEST_CONFLICT: user('{reason}', '{remedy}'),
  MANIFEST_UNKNOWN_REFERENCE: user('{field}: there is no {kind} {name}', '{remedy}'),
  MANIFEST_UNKNOWN_PROFILE: user('no component has the profile {name}', '{remedy}'),
  MANIFEST_MORE_MISTAKES: user('{count} more mistakes are not shown', 'mend these first'),
  MANIFEST_NO_VALUE: user(
    'the variable "{name}" has no value',
    'pass --variable {name}=VALUE or set SPIN_VARIABLE_{env}',
  ),
  MANIFEST_UNSUPPORTED: user('not supported yet: {field}', '{remedy}'),

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
  TRAP_ASYNC: guest('the asynchronous ABI was misused: {reason}'),
  TRAP_CANNOT_BLOCK: guest('a synchronous function waits: {reason}', 'make the function async in its WIT'),
  TRAP_DEADLOCK: guest('deadlock detected: event loop cannot make further progress: {reason}'),
  TRAP_TOO_MUCH: guest('the guest asks for more than a sandbox may have: {reason}'),
  TRAP_HOST: guest('a host function refused the call: {reason}'),

  // What an exception of a JavaScript guest is shown as, in the log and, in development, to the client.
  GUEST_THREW: guest('component "{component}" threw {reason}'),

  // Serving an app.
  SERVE_BAD_HOST: user('{field}: "{host}" names no host that could be allowed: {reason}'),
  SERVE_VARIABLE_UNSET: user(
    'the variable "{name}" is required and has no value',
    'pass --variable {name}=VALUE, or set {environmentName} in the environment',
  ),
  SERVE_FILES: user('files of component "{component}": "{path}" {reason}'),

  // Limits.
  LIMIT_CPU: guest(
    'the guest used its {limit} ms of processor time',
    'raise limits.cpu_ms in [component.{component}.tool.mayfly]',
  ),
  LIMIT_START: guest(
    'the component used {limit} ms of processor time to initialise, before any event',
    'have it do less then, or raise limits.cpu_ms in [component.{component}.tool.mayfly]',
  ),
  LIMIT_IDLE: guest(
    'the guest did nothing for {limit} ms',
    'raise limits.idle_ms in [component.{component}.tool.mayfly]',
  ),
  LIMIT_MEMORY: guest(
    'the guest asked for more than its {limit} MB of memory',
    'raise limits.memory_mb in [component.{component}.tool.mayfly]',
  ),
  LIMIT_CONCURRENCY: guest(
    'too many events wait for a sandbox',
    'raise limits.concurrency in [component.{component}.tool.mayfly]',
  ),

  // Composing components.
  COMPOSE_NO_MATCH: user(
    '{plug} exports nothing that {socket} imports',
    '{plug} exports {exports}; {socket} imports {imports}',
  ),
  COMPOSE_AMBIGUOUS: user('both {first} and {second} export "{name}"', 'give one of them only'),
  COMPOSE_FAILED: user('these components cannot be composed: {reason}'),

  // Embedding the engine in another program.
  EMBED_BAD_OPTION: user('{option} cannot be {value}: {reason}'),
  EMBED_BAD_VALUE: user('{what}: expected {expected}, found {found}'),
  EMBED_CPU_LIMIT: user(
    'limits.cpuMs cannot be kept in a worker thread: only the main thread can be stopped',
    'load the component in the main thread, or set limits.cpuMs to Infinity for code that you trust',
  ),
  EMBED_NODE: user(
    'Mayfly needs Node {needed}; this program runs on {found}',
    'run it with `npx node`, or in a script of package.json with `node`: that is the one that Mayfly brings',
  ),
  EMBED_CLOSED: user('{what} is closed', '{remedy}'),
  EMBED_NESTED_CALL: user(
    '{name} is called in a leased sandbox by a host function that a call of the same sandbox waits for',
    'call it on the component, in another sandbox, or once the first call is over',
  ),
  EMBED_NEEDS_LEASE: user(
    '{name} returns a {kind}, which ends with its sandbox',
    'lease a sandbox and call it there: `await using sandbox = await component.lease()`',
  ),

  // The command line, new apps, files, and serving.
  CLI_UNKNOWN_COMMAND: usage('there is no command "{name}"', '{suggestion}'),
  CLI_UNKNOWN_OPTION: usage('`mayfly {command}` has no option {option}', '{suggestion}'),
  CLI_MISSING_VALUE: usage('{option} needs a value: {option} {value}'),
  CLI_BAD_VALUE: usage('{option} cannot be "{value}": {reason}', '{remedy}'),
  CLI_UNEXPECTED_ARGUMENT: usage('unexpected argument "{argument}"', 'see `mayfly {command} --help`'),
  CLI_MISSING_ARGUMENT: usage('{argument} is missing', 'see `mayfly {command} --help`'),
  CLI_NOT_SUPPORTED: usage('{what} is not supported yet', 'leave it out'),
  NODE_TOO_OLD: user(
    'Mayfly needs Node {needed}; this is {found}, and the package that brings a newer one is not installed',
    'reinstall without --omit=optional, or install Node {needed}',
  ),
  NEW_EXISTS: user(
    '{path} exists already and is not empty',
    'choose another name, or pass --allow-overwrite',
  ),
  NEW_BAD_NAME: usage(
    '"{name}" cannot be the name of an app: {reason}',
    'use lower-case words joined by hyphens, as in "{suggestion}"',
  ),
  NEW_UNKNOWN_TEMPLATE: usage('there is no template "{name}"', '{suggestion}'),
  SOURCE_NOT_FOUND: user('{path} does not exist', '{remedy}'),
  SOURCE_UNKNOWN: user(
    '{path} is nothing that can be served',
    'give a spin.toml, a directory that holds one, a .ts or .js handler, or a .wasm or .wat component',
  ),
  FILES_MOUNT: user(
    '{hostPath} cannot be mounted at {guestPath}: {reason}',
    'correct `files` of the component',
  ),
  FILE_NOT_FOUND: user('{path} does not exist'),
  FILE_DENIED: user('no permission to {action} {path}', 'change its permissions, or choose another place'),
  FILE_DISK_FULL: user(
    'the disk is full: {path} could not be written',
    'free some space and run the command again; nothing half-written was left',
  ),
  FILE_FAILED: user('cannot {action} {path}: {reason}'),
  PORT_IN_USE: user(
    'port {port} on {host} is in use',
    'stop the program that holds it, pass --listen {host}:PORT, or pass --find-free-port',
  ),
  PORT_DENIED: user(
    'no permission to listen on port {port}',
    'ports below 1024 are for root: pass --listen {host}:3000',
  ),
  PORT_UNAVAILABLE: user('cannot listen on {host}:{port}: {reason}', 'pass --listen 127.0.0.1:3000'),
  BUILD_WAT: user('this is not WebAssembly text: {reason}'),
  BUILD_COMPONENTIZE: user(
    '{file} is a core module that cannot be made a component: {reason}',
    'make it one with `wasm-tools component new`, which says more',
  ),
  BUILD_COMMAND: user(
    'a build command of {component} failed with {reason}: {command}',
    'run it by hand in the directory of the manifest',
  ),
  WORKER_DIED: platform(
    'worker {worker} ended before it was ready: {reason}',
    'run with --workers 1 to see more',
  ),

  // Building components.
  BUILD_SYNTAX: user('{reason}'),
  BUILD_TYPE: user('{reason} ({code})'),
  BUILD_UNRESOLVED: user('cannot resolve "{name}": {reason}', '{remedy}'),
  BUILD_IMPURE_INIT: user(
    '{what} is called while the module is loaded, before any event: every event would see the same result',
    'call it inside the handler, or set snapshot = "never" in [component.{component}.tool.mayfly] to load the module anew in every event',
  ),
  BUILD_INIT_THREW: user('an exception while the module was loaded: {reason}'),
  BUILD_WARM_UP: user(
    'the request {path}, which is to warm the component up, failed: {reason}',
    'correct it, or leave it out of warm_up in [component.{component}.tool.mayfly]',
  ),
  BUILD_NO_HANDLER: user(
    '{entry} has no handler: {reason}',
    'write `export default { fetch(request, env, ctx) { return new Response("hello") } }`, export an object with such a fetch (a Hono app, say), or call addEventListener("fetch", ...)',
  ),
  BUILD_ENGINE: platform(
    'the JavaScript engine could not be prepared: {reason}',
    'run `npm install` again; if that does not help, please report it',
  ),

  // HTTP: routes, listening, and guests that do not answer as they should.
  HTTP_ROUTE_INVALID: user(
    'the route "{route}" is not valid: {reason}',
    'a route is /path, with :name for one segment and /... at its end for the rest',
  ),
  HTTP_LISTEN: user('cannot listen on {address}: {reason}', '{remedy}'),
  HTTP_TLS: user(
    'the TLS certificate and key cannot be used: {reason}',
    'give a PEM certificate (chain) and its PEM private key',
  ),
  HTTP_STATIC_INVALID: user('the static response of route "{route}" is not valid: {reason}'),
  HTTP_RESPONSE_INVALID: guest('the response cannot be sent: {reason}'),
  HTTP_NO_RESPONSE: guest(
    'the guest returned without a response',
    'call response-outparam.set before the handler returns',
  ),
  HTTP_GUEST_ERROR: guest('the guest answered with the error {code}'),
  HTTP_BODY_UNFINISHED: guest(
    'the guest dropped the body of its response before it was finished',
    'call outgoing-body.finish; with a content-length header, write exactly that many bytes',
  ),
  HTTP_BODY_TOO_LONG: guest(
    'the request has a body of more than {limit} bytes, and does not say how long it is',
    'send it with a content-length',
  ),
  HTTP_WAGI_EXIT: guest(
    'the program ended with exit code {code}',
    'end with 0 where standard output is to be the answer',
  ),
  HTTP_WAGI_OUTPUT: guest(
    'what the program printed is no answer: {reason}',
    'print a line such as `Content-Type: text/plain`, an empty line, and then the body',
  ),

  // Snapshots and the machine.
  SNAPSHOT_FAILED: platform(
    'the kernel refused {call}: {reason}',
    'run `mayfly doctor` to see which restore tiers this machine has',
  ),
  INTERNAL: platform('{reason}', 'this is a bug in Mayfly; please report it with the command you ran'),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** Where something is wrong: a place in a text file, or a byte of a binary. Lines and columns count from 1. */
export type Place = Readonly<{
  file?: string
  line?: number
  column?: number
  byteOffset?: number
  path?: string
}>

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

  /** `hint` takes the place of the table's. */
  constructor(
    code: ErrorCode,
    details: Details = {},
    options: {at?: Place; cause?: unknown; hint?: string} = {},
  ) {
    const entry: ErrorEntry = ERRORS[code]
    super(fill(entry.message, details), options.cause === undefined ? undefined : {cause: options.cause})
    this.code = code
    this.details = details
    this.at = options.at
    const hint = options.hint ?? (entry.hint === undefined ? '' : fill(entry.hint, details))
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
