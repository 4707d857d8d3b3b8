// test/spec/conformance.ts: runs .wast scripts of the component model against the engine.
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join, relative} from 'node:path'
import {MayflyError} from '../../src/base/errors.ts'
import {decodeComponent} from '../../src/engine/component/decode.ts'
import {validateComponent} from '../../src/engine/component/validate.ts'
import {notYet} from './nyi.ts'
import {explains} from './reasons.ts'
import {type Action, type Command, parseScript, type Source} from './script.ts'
import {matches, toValue} from './values.ts'

/** What runs components; without one, scripts are decoded and validated only. */
export type Executor<Instance> = Readonly<{
  /** Instantiates a valid component; `registered` are the instances that it may import, by name. */
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
  /** `skipped` if it needs an executor and there is none. */
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
  readonly instances: Map<string | undefined, Instance>
  readonly registered: Map<string, Instance>
}

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
      const done = await run(state, command)
      verdicts.push({...verdict, outcome: done ? 'passed' : 'skipped', reason: undefined})
    } catch (error) {
      verdicts.push({
        ...verdict,
        outcome: 'failed',
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }
  return verdicts
}

/** Resolves to false if the command needs an executor and there is none. */
async function run<Instance>(state: State<Instance>, command: Command): Promise<boolean> {
  const {executor} = state
  switch (command.kind) {
    case 'component': {
      const bytes = await accept(command.source)
      state.components.set(command.name, bytes)
      state.components.set(undefined, bytes)
      if (!command.instantiate || executor === undefined) return true
      return addInstance(state, executor, command.name, bytes)
    }
    case 'instance': {
      const bytes = state.components.get(command.component)
      if (bytes === undefined) throw new Error(`no component ${command.component}`)
      return executor !== undefined && addInstance(state, executor, command.name, bytes)
    }
    case 'register':
      if (executor === undefined) return false
      state.registered.set(command.as, instanceOf(state, command.instance))
      return true
    case 'action':
    case 'assert_return': {
      if (executor === undefined) return false
      const outcome = await invoke(state, executor, command.action)
      if (outcome.kind === 'trap') throw new Error(`trapped: ${outcome.message}`)
      if (command.kind === 'action') return true
      const same =
        outcome.values.length === command.results.length &&
        command.results.every((result, i) => matches(result, outcome.values[i]))
      if (!same) throw new Error(`returned ${show(outcome.values)}`)
      return true
    }
    case 'assert_trap': {
      if (executor === undefined) {
        if (command.action.kind !== 'invoke') await accept(command.action)
        return false
      }
      const outcome =
        command.action.kind === 'invoke'
          ? await invoke(state, executor, command.action)
          : await start(executor, state, await accept(command.action))
      if (outcome.kind === 'return') throw new Error(`returned ${show(outcome.values)} where a trap was due`)
      if (!explains(outcome.message, command.message))
        throw new Error(`trapped for another reason: ${outcome.message}`)
      return true
    }
    case 'assert_invalid':
    case 'assert_malformed':
    case 'assert_unlinkable': {
      const reason = await rejection(command.source)
      if (reason === undefined) throw new Error(`was accepted, though: ${command.message}`)
      if (!explains(reason, command.message)) {
        throw new Error(`was rejected for another reason: ${reason}; due: ${command.message}`)
      }
      return true
    }
  }
}

async function addInstance<Instance>(
  state: State<Instance>,
  executor: Executor<Instance>,
  name: string | undefined,
  bytes: Uint8Array,
): Promise<boolean> {
  const instance = await executor.instantiate(bytes, state.registered)
  state.instances.set(name, instance)
  state.instances.set(undefined, instance)
  return true
}

async function start<Instance>(
  executor: Executor<Instance>,
  state: State<Instance>,
  bytes: Uint8Array,
): Promise<Outcome> {
  try {
    await executor.instantiate(bytes, state.registered)
    return {kind: 'return', values: []}
  } catch (error) {
    if (error instanceof MayflyError) return {kind: 'trap', message: error.message}
    throw error
  }
}

function invoke<Instance>(
  state: State<Instance>,
  executor: Executor<Instance>,
  action: Action,
): Promise<Outcome> {
  return executor.invoke(instanceOf(state, action.instance), action.name, action.args.map(toValue))
}

function instanceOf<Instance>(state: State<Instance>, name: string | undefined): Instance {
  const instance = state.instances.get(name)
  if (instance === undefined) throw new Error(`no instance ${name ?? ''}`)
  return instance
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? 'nothing'

/** The binary of a source. jco's parser brings WebAssembly of some megabytes, so it is loaded when first needed. */
export async function toBinary(source: Source): Promise<Uint8Array> {
  if (source.kind === 'binary') return source.bytes
  const {parse} = await import('@bytecodealliance/jco')
  return parse(source.text)
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

/** Why a source is rejected; undefined if it is accepted. */
async function rejection(source: Source): Promise<string | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await toBinary(source)
  } catch (error) {
    return `text: ${error instanceof Error ? error.message : String(error)}`
  }
  try {
    validate(bytes)
    return undefined
  } catch (error) {
    if (error instanceof MayflyError || error instanceof WebAssembly.CompileError) return error.message
    throw error
  }
}

/** Prints what fails under the directory that is given, or in the suite, and is not in nyi.txt. */
async function main(directory: string | undefined): Promise<void> {
  if (directory === undefined) throw new Error('no scripts found: name a directory or set MAYFLY_SPEC_DIR')
  const counts = {passed: 0, failed: 0, skipped: 0}
  const list = readFileSync(join(import.meta.dirname, 'nyi.txt'), 'utf8')
  for (const script of scripts(directory)) {
    for (const {line, command, outcome, reason} of await runScript(join(directory, script))) {
      if (outcome === 'failed' && notYet(list, script)(line)) continue
      counts[outcome]++
      if (outcome === 'failed') console.log(`${script}:${line} ${command}: ${reason}`)
    }
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  if (counts.failed > 0) process.exitCode = 1
}

if (import.meta.main) await main(process.argv[2] ?? suiteDirectory())
