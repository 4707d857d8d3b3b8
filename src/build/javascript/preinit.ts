// build/javascript/preinit.ts: runs the engine's initialisation on V8, in this process, and takes its state.
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {hashOf} from '../cache.ts'
import type {MemoryImage} from '../wasm/engine-module.ts'
import type {InitJob} from './init-thread.ts'
import {componentFor, type Template, templateFor} from './template.ts'
import type {World} from './world.ts'

/** How an initialisation ended. Text is what the handler's top-level code and the engine wrote. */
export type InitOutcome = Readonly<{stdout: string; stderr: string}> &
  (
    | Readonly<{kind: 'ready'; image: MemoryImage}>
    /** The engine gave up: a syntax error, say. */
    | Readonly<{kind: 'exit'; exitCode: number}>
    /** An import was called that does not exist before the first event. */
    | Readonly<{kind: 'refused'; importName: string}>
    | Readonly<{kind: 'trap'; reason: string}>
  )

/** The template's engine, ready to be initialised as often as one likes. */
export type CompiledEngine = Readonly<{
  module: WebAssembly.Module
  template: Template
  /** What an initialised engine is put into. To make it takes as long as an initialisation, which may go on meanwhile. */
  component(): Promise<Uint8Array>
}>

/** Edits come in bursts, and components of an app one after the other: engines stay this long after their last use. */
const KEEP_MS = 60_000
const kept = new Map<string, {engine: Promise<CompiledEngine>; timer: NodeJS.Timeout}>()

/** The world's engine, compiled. @throws BUILD_ENGINE */
export function engineFor(world: World, cacheDir: string): Promise<CompiledEngine> {
  const key = hashOf([world.name, world.wit, cacheDir])
  const engine = kept.get(key)?.engine ?? compile(world, cacheDir)
  clearTimeout(kept.get(key)?.timer)
  kept.set(key, {engine, timer: setTimeout(() => kept.delete(key), KEEP_MS).unref()})
  engine.catch(() => kept.delete(key))
  return engine
}

async function compile(world: World, cacheDir: string): Promise<CompiledEngine> {
  const template = await templateFor(world, cacheDir)
  const module = await WebAssembly.compile(template.engine as Uint8Array<ArrayBuffer>)
  let made: Promise<Uint8Array> | undefined
  const component = (): Promise<Uint8Array> => {
    if (made === undefined) {
      made = componentFor(world, template, cacheDir)
      // The next build tries again.
      made.catch(() => {
        made = undefined
      })
    }
    return made
  }
  return {module, template, component}
}

/** Top-level code that takes longer than this will not end. */
const DEADLINE_MS = 30_000

/**
 * Evaluates `bundle`, an ES module, in a new engine, in a thread of its own. The same bundle and template give the
 * same image.
 */
export async function initialise(
  {module, template}: CompiledEngine,
  bundle: string,
  {deadlineMs = DEADLINE_MS} = {},
): Promise<InitOutcome> {
  const {initializer, env, globalNames} = template
  // Not a view of the whole template: the thread gets a copy.
  const job: InitJob = {
    module,
    template: {initializer: Uint8Array.from(initializer), env, globalNames},
    bundle,
    seed: Buffer.from(hashOf([bundle])),
  }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'cjs'
  const thread = new Worker(new URL(`./init-thread.${extension}`, import.meta.url), {
    workerData: job,
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<InitOutcome>(resolve => {
    const reason = `it does not end (stopped after ${deadlineMs / 1000} s)`
    timer = setTimeout(() => resolve({kind: 'trap', reason, stdout: '', stderr: ''}), deadlineMs)
  })
  try {
    return await Promise.race([once(thread, 'message').then(([outcome]) => outcome as InitOutcome), late])
  } finally {
    clearTimeout(timer)
    await thread.terminate()
  }
}
