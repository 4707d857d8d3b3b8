// cli/run-program.ts: one run of a core module of WASI 0.1 or of a component that exports wasi:cli/run.
import {readFileSync} from 'node:fs'
import {isatty} from 'node:tty'
import {MayflyError} from '../base/errors.ts'
import {buildText} from '../build/text.ts'
import {decodeComponent, isCoreModule} from '../engine/component/decode.ts'
import {validateComponent} from '../engine/component/validate.ts'
import {LinkedComponent} from '../engine/link/linked-component.ts'
import {PreparedComponent} from '../engine/pool/prepared-component.ts'
import type {Program} from '../engine/pool/program.ts'
import {GuestExit, guestExit} from '../wasi/cli/exit.ts'
import {exitCodeOf, RUN_INTERFACES, type RunResult} from '../wasi/cli/run.ts'
import {type Mounts, openMounts} from '../wasi/filesystem/mounts.ts'
import {createHttpClient} from '../wasi/http/client.ts'
import {httpInterfaces} from '../wasi/http/http.ts'
import {p3HttpInterfaces} from '../wasi/p3/http/http.ts'
import {type CoreCommand, linkCoreCommand} from '../wasi/preview1/core-command.ts'
import {worldOf} from '../wasi/preview1/world.ts'
import {GRANT_ALL} from '../wasi/sockets/grants.ts'
import {wasiImports} from '../wasi/wasi.ts'
import {type EngineParts, engineParts} from './engine-parts.ts'
import {processInput, processOutput} from './guest-stdio.ts'
import type {RunOptions} from './run-options.ts'

const MEMORY_PAGES = 65_536
/** It runs as long as it likes: whoever started it can stop it. */
const NO_LIMITS = {cpuMs: 0x7fff_ffff, idleMs: Number.POSITIVE_INFINITY}

/** What a guest finds around it. */
type Surroundings = Readonly<{
  options: RunOptions
  engine: EngineParts
  mounts: Mounts
  input: ReturnType<typeof processInput>
}>

/** One call of an export, and what its result means. */
type Runnable = Readonly<{
  program: Program
  /** Unset where loading was all there is to do. */
  index: number | undefined
  args: readonly unknown[]
  exitCode: (result: unknown) => number
}>

/**
 * Runs a program to its end and returns its exit code.
 * @throws DECODE_, VALIDATE_, LINK_, TRAP_, CLI_ and FILE_ errors
 */
export async function runProgram(options: RunOptions): Promise<number> {
  const bytes = await readBinary(options.file)
  const mounts = openDirs(options)
  const input = processInput()
  const engine = engineParts(process.env)
  try {
    const surroundings = {options, engine, mounts, input}
    const runnable = isCoreModule(bytes)
      ? coreRunnable(bytes, surroundings)
      : componentRunnable(bytes, surroundings)
    return await run(runnable, engine)
  } catch (error) {
    const exit = guestExit(error)
    if (exit === undefined) throw error
    return exit.statusCode
  } finally {
    input.close()
    mounts.close()
  }
}

const ofRun = (result: unknown): number => exitCodeOf(result as RunResult)

async function run({program, index, args, exitCode}: Runnable, engine: EngineParts): Promise<number> {
  const prepared = new PreparedComponent(program, {
    ...engine,
    component: '',
    limitPages: MEMORY_PAGES,
    limits: NO_LIMITS,
    // It serves one event: an image would be of no use.
    snapshot: 'never',
  })
  const sandbox = prepared.make()
  try {
    if (index === undefined) return 0
    const result = await sandbox.call(index, ...args)
    return result instanceof GuestExit ? result.statusCode : exitCode(result)
  } finally {
    sandbox.restore()
    sandbox.dispose()
  }
}

async function readBinary(file: string): Promise<Uint8Array> {
  if (/\.wat$/i.test(file)) return await buildText(file)
  return readFileSync(file)
}

/** @throws CLI_BAD_VALUE */
function openDirs({dirs}: RunOptions): Mounts {
  try {
    return openMounts(dirs)
  } catch (error) {
    if (!(error instanceof MayflyError) || error.code !== 'FILES_MOUNT') throw error
    const {hostPath, guestPath, reason} = error.details
    const value = `${hostPath}::${guestPath}`
    throw new MayflyError('CLI_BAD_VALUE', {option: '--dir', value, reason: `${reason}`}, {cause: error})
  }
}

function coreRunnable(bytes: Uint8Array, {options, engine, mounts, input}: Surroundings): Runnable {
  const {args, environment, invoke} = options
  const world = worldOf({
    clock: engine.entropy,
    random: engine.entropy,
    mounts,
    stdin: () => input.stream,
    stdout: processOutput(1),
    stderr: processOutput(2),
    args: () => (invoke === undefined ? args : args.slice(0, 1)),
    environment: () => environment,
    terminals: {stdin: isatty(0), stdout: isatty(1), stderr: isatty(2)},
  })
  const program = linkCoreCommand(bytes, {who: args[0]!, modules: engine.modules, world})
  if (invoke !== undefined) return invocation(program, invoke, args.slice(1))
  return {program, index: program.findExport('_start'), args: [], exitCode: ofRun}
}

/** A call of any export with numbers, whose result is printed. */
function invocation(program: CoreCommand, name: string, given: readonly string[]): Runnable {
  const index = program.findExport(name)
  if (index === undefined)
    throw new MayflyError('LINK_MISSING_EXPORT', {
      who: program.who,
      name,
      remedy: `it exports ${program.exports.map(each => each.name).join(', ')}`,
    })
  const {params} = program.exports[index]!
  if (params.length !== given.length)
    throw new MayflyError('CLI_BAD_VALUE', {
      option: '--invoke',
      value: name,
      reason: `it takes ${params.length} arguments, not ${given.length}`,
    })
  return {
    program,
    index,
    args: params.map((type, i) => numberOf(type, given[i]!)),
    exitCode(result) {
      if (result !== undefined) processOutput(1).write(Buffer.from(`${result}\n`), undefined as never)
      return 0
    },
  }
}

function numberOf(type: string, text: string): number | bigint {
  try {
    const number = type === 'i64' ? BigInt(text) : Number(text)
    if (text.trim() !== '' && !(typeof number === 'number' && Number.isNaN(number))) return number
  } catch {}
  throw new MayflyError('CLI_BAD_VALUE', {option: '--invoke', value: text, reason: `it is no ${type}`})
}

function componentRunnable(bytes: Uint8Array, {options, engine, mounts, input}: Surroundings): Runnable {
  const {args, environment, file, invoke} = options
  if (invoke !== undefined) throw new MayflyError('CLI_NOT_SUPPORTED', {what: '--invoke of a component'})
  const component = decodeComponent(bytes, {file})
  validateComponent(component)
  const client = createHttpClient({policy: {check: () => (options.network ? 'allowed' : 'denied')}})
  const program = new LinkedComponent(component, {
    who: args[0]!,
    modules: engine.modules,
    imports: new Map([
      ...wasiImports({
        clock: engine.entropy,
        random: engine.entropy,
        mounts,
        stdin: () => input.stream,
        stdout: processOutput(1),
        stderr: processOutput(2),
        args: () => args,
        environment: () => environment,
        ...(options.network ? {grants: GRANT_ALL} : {}),
      }),
      ...httpInterfaces(() => client),
      ...p3HttpInterfaces(() => client),
    ]),
  })
  const [newer, older] = RUN_INTERFACES
  const index =
    program.findExport(newer, 'run') ??
    program.requireExport(older, 'run', 'build it as a command, or serve it with `mayfly up`')
  return {program, index, args: [], exitCode: ofRun}
}
