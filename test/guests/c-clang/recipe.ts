import {copyFile, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type BindgenTools, bindC, findBindgen} from '../c/recipe.ts'
import {type Env, exists} from '../cache.ts'
import {missing, recipe} from '../recipe.ts'
import {isSkip, program, run, type Skip} from '../toolchain.ts'
import {wrapCore} from '../wit.ts'

const INSTALL = 'apt-get install --no-install-recommends clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32'

export type ClangTools = BindgenTools & Readonly<{clang: string}>

export async function findClang(env: Env, found: BindgenTools): Promise<ClangTools | Skip> {
  const clang = await program(env, 'clang-22')
  if (clang === undefined) return missing('clang-22', INSTALL)
  return (await exists('/usr/lib/wasm32-wasi/libc.a')) ? {...found, clang} : missing('wasi-libc', INSTALL)
}

export const cClang = recipe<ClangTools>({
  name: 'c-clang',
  language: 'C (clang, wasi-libc)',
  uses: ['c/app.c', 'c/recipe.ts'],
  slow: false,

  async find(env) {
    const found = await findBindgen(env)
    return isSkip(found) ? found : findClang(env, found)
  },

  async build({dir, env}, tools) {
    await copyFile(fileURLToPath(new URL('../c/app.c', import.meta.url)), join(dir, 'app.c'))
    await bindC({dir, env}, tools)
    const options = ['--target=wasm32-wasi', '-O2', '-Wl,-s', '-mexec-model=reactor', '-o', 'core.wasm']
    await run(tools.clang, [...options, 'app.c', 'handler.c', 'handler_component_type.o'], {cwd: dir, env})
    return wrapCore(await readFile(join(dir, 'core.wasm')), {embed: false, adapter: true})
  },
})
