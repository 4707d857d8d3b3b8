// test/spec/conformance.ts: runs .wast scripts of the component model against the engine.
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {MayflyError} from '../../src/base/errors.ts'
import {decodeComponent} from '../../src/engine/component/decode.ts'
import {validateComponent} from '../../src/engine/component/validate.ts'
import {type NotYet, readNotYet} from './nyi.ts'
import {explains} from './reasons.ts'
import {type Action, type Command, parseScript, type Source} from './script.ts'
import {parseText} from './text.ts'
import {matches, toValue} from './values.ts'

/** What runs components; without one, scripts are decoded and validated only. */
export type Executor<Instance> = Readonly<{
  /**
   * Instantiates a valid component; `registered` are the instances that it may import, by name.
   * @throws LINK_UNSUPPORTED for what the engine cannot run: its instance's commands are skipped
   */
  instantiate(bytes: Uint8Array, registered: ReadonlyMap<string, Instance>): Promise<Instance>
  /** Calls an exported function. A trap is an outcome, not an exception. */
  invoke(instance: Instance, name: string, args: readonly unknown[]): Promise<Outcome>
}>

export type Outcome =
  | Readonly<{kind: 'return'; values: readonly unknown[]}>
  | Readonly<{kind: 'trap'; message: string}>

export type Verdict = Readonly<{
  line: number
  command: Command['kind']
  /** `skipped` if it needs an executor and there is none, or an instance that the engine cannot run. */
  outcome: 'passed' | 'failed' | 'skipped'
  reason: string | undefined
}>

export type Options<Instance> = Readonly<{executor?: Executor<Instance>}>

/** Where the suite is; undefined if it is nowhere. */
export function suiteDirectory(): string | undefined {
  const root = join(import.meta.dirname, '../..')
  const directory = process.env.MAYFLY_SPEC_DIR ?? join(root, '../shared/spec')
  return [join(directory, 'component-model'), directory].find(
    one => existsSync(one) && scripts(one).length > 0,
  )
}

/** The paths of all scripts under `directory`, relative to it. */
export function scripts(directory: string): string[] {
  return readdirSync(directory, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && entry.name.endsWith('.wast'))
    .map(entry => relative(directory, join(entry.parentPath, entry.name)))
    .sort()
}

type State<Instance> = {
  readonly executor: Executor<Instance> | undefined
  readonly components: Map<string | undefined, Uint8Array>
  readonly instances: Map<string | undefined, Instance | Unsupported>
  readonly registered: Map<string, Instance>
}

/** Stands for an instance that the engine cannot run, and says why; thrown by what needs one. */
class Unsupported {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

const NO_EXECUTOR = 'nothing runs components here'

/** Runs the commands of a script in order; every one gets a verdict. */
export async function runScript<Instance>(path: string, options: Options<Instance> = {}): Promise<Verdict[]> {
  const state: State<Instance> = {
    executor: options.executor,
    components: new Map(),
    instances: new Map(),
    registered: new Map(),
  }
  const verdicts: Verdict[] = []
  for (const command of parseScript(readFileSync(path, 'utf8'))) {
    const verdict = {line: command.line, command: command.kind}
    try {
      await run(state, command)
      verdicts.push({...verdict, outcome: 'passed', reason: undefined})
    } catch (error) {
      if (error instanceof Unsupported) verdicts.push({...verdict, outcome: 'skipped', reason: error.reason})
      else
        verdicts.push({
          ...verdict,
          outcome: 'failed',
          reason: error instanceof Error ? error.message : String(error),
        })
    }
  }
  return verdicts
}

async function run<Instance>(state: State<Instance>, command: Command): Promise<void> {
  switch (command.kind) {
    case 'component': {
      const bytes = await accept(command.source)
      state.components.set(command.name, bytes)
      state.components.set(undefined, bytes)
      if (command.instantiate && state.executor !== undefined) await addInstance(state, command.name, bytes)
      return
    }
    case 'instance': {
      const bytes = state.components.get(command.component)
      if (bytes === undefined) throw new Error(`no component ${command.component}`)
      return addInstance(state, command.name, bytes)
    }
    case 'register':
      state.registered.set(command.as, instanceOf(state, command.instance))
      return
    case 'action':
    case 'assert_return': {
      const outcome = await invoke(state, command.action)
      if (outcome.kind === 'trap') throw new Error(`trapped: ${outcome.message}`)
      if (command.kind === 'action') return
      const same =
        outcome.values.length === command.results.length &&
        command.results.every((result, i) => matches(result, outcome.values[i]))
      if (!same) throw new Error(`returned ${show(outcome.values)}`)
      return
    }
    case 'assert_trap': {
      const {action} = command
      const outcome =
        action.kind === 'invoke' ? await invoke(state, action) : await start(state, await accept(action))
      if (outcome.kind === 'return') throw new Error(`returned ${show(outcome.values)} where a trap was due`)
      if (!explains(outcome.message, command.message))
        throw new Error(`trapped for another reason: ${outcome.message}`)
      return
    }
    case 'assert_invalid':
    case 'assert_malformed':
    case 'assert_unlinkable': {
      const links = command.kind === 'assert_unlinkable' ? state : undefined
      const reason = await rejection(command.source, links)
      if (reason === undefined) throw new Error(`was accepted, though: ${command.message}`)
      if (!explains(reason, command.message)) {
        throw new Error(`was rejected for another reason: ${reason}; due: ${command.message}`)
      }
    }
  }
}

async function addInstance<Instance>(
  state: State<Instance>,
  name: string | undefined,
  bytes: Uint8Array,
): Promise<void> {
  const set = (instance: Instance | Unsupported) => {
    state.instances.set(name, instance)
    state.instances.set(undefined, instance)
  }
  set(new Unsupported('its component could not be instantiated'))
  try {
    set(await instantiate(state, bytes))
  } catch (error) {
    if (error instanceof Unsupported) set(error)
    throw error
  }
}

async function instantiate<Instance>({executor, registered}: State<Instance>, bytes: Uint8Array) {
  if (executor === undefined) throw new Unsupported(NO_EXECUTOR)
  try {
    return await executor.instantiate(bytes, registered)
  } catch (error) {
    if (error instanceof MayflyError && error.code === 'LINK_UNSUPPORTED')
      throw new Unsupported(String(error.details['feature']))
    throw error
  }
}

async function start<Instance>(state: State<Instance>, bytes: Uint8Array): Promise<Outcome> {
  try {
    await instantiate(state, bytes)
    return {kind: 'return', values: []}
  } catch (error) {
    if (error instanceof MayflyError) return {kind: 'trap', message: error.message}
    throw error
  }
}

function invoke<Instance>(state: State<Instance>, action: Action): Promise<Outcome> {
  const {executor} = state
  if (executor === undefined) throw new Unsupported(NO_EXECUTOR)
  return executor.invoke(instanceOf(state, action.instance), action.name, action.args.map(toValue))
}

function instanceOf<Instance>(state: State<Instance>, name: string | undefined): Instance {
  const instance = state.instances.get(name)
  if (instance === undefined) throw new Error(`no instance ${name ?? ''}`)
  if (instance instanceof Unsupported) throw instance
  return instance
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? 'nothing'

export async function toBinary(source: Source): Promise<Uint8Array> {
  return source.kind === 'binary' ? source.bytes : parseText(source.text)
}

async function accept(source: Source): Promise<Uint8Array> {
  const bytes = await toBinary(source)
  validate(bytes)
  return bytes
}

function validate(bytes: Uint8Array): void {
  const component = decodeComponent(bytes)
  validateComponent(component)
  compileModules(component)
}

/** What linking does: the engine that compiles core modules validates their code. */
function compileModules(component: ReturnType<typeof decodeComponent>): void {
  for (const definition of component.definitions) {
    if (definition.kind === 'component') compileModules(definition.component)
    if (definition.kind === 'core-module') new WebAssembly.Module(definition.bytes as Uint8Array<ArrayBuffer>)
  }
}

/** Why a source is rejected, or with `links` cannot be instantiated; undefined if it is accepted. */
async function rejection<Instance>(
  source: Source,
  links: State<Instance> | undefined,
): Promise<string | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await toBinary(source)
  } catch (error) {
    return `text: ${error instanceof Error ? error.message : String(error)}`
  }
  try {
    validate(bytes)
    if (links !== undefined) await instantiate(links, bytes)
    return undefined
  } catch (error) {
    if (error instanceof MayflyError || error instanceof WebAssembly.CompileError) return error.message
    throw error
  }
}

/** What is wrong with a script's verdicts, given the list of what cannot run yet; one line each. */
export function complaints(script: string, verdicts: readonly Verdict[], list: NotYet): string[] {
  const found: string[] = []
  for (const {line, command, outcome, reason} of verdicts) {
    const listed = list.form(script, line)
    if (listed && outcome !== 'failed') found.push(`${script}:${line} works: take it out of nyi.txt`)
    if (!listed && outcome === 'failed') found.push(`${script}:${line} ${command}: ${reason}`)
  }
  const skips = verdicts.find(each => each.outcome === 'skipped')
  if (list.script(script) && skips === undefined) found.push(`${script} runs in full: take it out of nyi.txt`)
  if (!list.script(script) && skips !== undefined)
    found.push(
      `${script}:${skips.line} ${skips.command} is skipped, and not listed in nyi.txt: ${skips.reason}`,
    )
  return found
}

/** Prints what fails under `directory`, and a table by folder. */
async function main(directory: string | undefined): Promise<void> {
  if (directory === undefined || !existsSync(directory)) {
    console.error(
      `no scripts found${directory ? ` in ${directory}` : ''}: name a directory or set MAYFLY_SPEC_DIR`,
    )
    process.exitCode = 1
    return
  }
  const {engineExecutor} = await import('./executor.ts')
  const list = readNotYet()
  const folders: Record<string, Record<Verdict['outcome'] | 'not yet', number>> = {}
  const reasons: Record<string, number> = {}
  // Scripts are listed by their paths in the suite, also when only a part of it runs.
  const suite = suiteDirectory()
  const base = suite === undefined || relative(suite, directory).startsWith('..') ? directory : suite
  for (const path of scripts(directory).map(script => join(directory, script))) {
    const script = relative(base, path)
    const executor = engineExecutor('image')
    const verdicts = await runScript(path, {executor})
    executor.end()
    folders[dirname(script)] ??= {passed: 0, failed: 0, skipped: 0, 'not yet': 0}
    const folder = folders[dirname(script)]!
    for (const {line, outcome, reason} of verdicts) {
      folder[outcome === 'failed' && list.form(script, line) ? 'not yet' : outcome]++
      if (outcome === 'skipped') reasons[reason!] = (reasons[reason!] ?? 0) + 1
    }
    for (const complaint of complaints(script, verdicts, list)) {
      console.log(complaint)
      process.exitCode = 1
    }
  }
  console.table(folders)
  for (const [reason, count] of Object.entries(reasons)) console.log(`${count} skipped: ${reason}`)
}

if (import.meta.main) await main(process.argv[2] ?? suiteDirectory())
