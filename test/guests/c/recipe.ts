import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {Env} from '../cache.ts'
import {missing, recipe} from '../recipe.ts'
import {ask, isSkip, program, run, type Skip} from '../toolchain.ts'
import {WORLD, wrapCore} from '../wit.ts'

export type BindgenTools = Readonly<{bindgen: string}>
export type ZigTools = BindgenTools & Readonly<{zig: string}>

export async function findBindgen(env: Env): Promise<BindgenTools | Skip> {
  const bindgen = await program(env, 'wit-bindgen')
  return bindgen === undefined
    ? missing('wit-bindgen', 'cargo install --locked wit-bindgen-cli@0.63.0')
    : {bindgen}
}

export async function findZig(env: Env): Promise<ZigTools | Skip> {
  const found = await findBindgen(env)
  if (isSkip(found)) return found
  const zig = await program(env, 'zig', 'python-zig')
  const install = 'pip install ziglang==0.17.1'
  if (zig === undefined) return missing('zig', install)
  const version = await ask(env, zig, 'version')
  return version?.startsWith('0.17.') ? {...found, zig} : missing(`zig 0.17 (there is ${version})`, install)
}

/** Makes WORLD.c, WORLD.h and WORLD_component_type.o, which carries the world. */
export async function bindC(
  {dir, env}: Readonly<{dir: string; env: Env}>,
  {bindgen}: BindgenTools,
  world = WORLD,
): Promise<void> {
  await run(bindgen, ['c', 'handler.wit', '--world', world], {cwd: dir, env})
}

export const zigEnv = (env: Env, keep: string): Env => ({...env, ZIG_GLOBAL_CACHE_DIR: join(keep, 'zig')})

export const c = recipe<ZigTools>({
  name: 'c',
  language: 'C (zig cc)',
  slow: false,
  find: findZig,

  async build({dir, keep, env}, tools) {
    await bindC({dir, env}, tools)
    const options = ['--target=wasm32-wasi', '-Os', '-s', '-mexec-model=reactor', '-o', 'core.wasm']
    const sources = ['app.c', 'handler.c', 'handler_component_type.o']
    await run(tools.zig, ['cc', ...options, ...sources], {cwd: dir, env: zigEnv(env, keep)})
    return wrapCore(await readFile(join(dir, 'core.wasm')), {embed: false, adapter: true})
  },
})
