import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {bindC, findZig, type ZigTools, zigEnv} from '../c/recipe.ts'
import {recipe} from '../recipe.ts'
import {print, run} from '../toolchain.ts'
import {wrapCore} from '../wit.ts'

const TARGET = ['-target', 'wasm32-wasi', '-lc']
const MODULE = [...TARGET, '-O', 'ReleaseSmall']

export const zig = recipe<ZigTools>({
  name: 'zig',
  language: 'Zig',
  uses: ['c/recipe.ts'],
  slow: true,
  find: findZig,

  async build({dir, keep, env}, tools) {
    await bindC({dir, env}, tools)
    const place = {cwd: dir, env: zigEnv(env, keep)}
    const header = await print(tools.zig, ['translate-c', ...TARGET, '-I.', 'c.h'], place)
    await writeFile(join(dir, 'c.zig'), header)
    // The order matters: the C files belong to the module that follows them.
    const program = ['-fstrip', '-fno-entry', '-mexec-model=reactor', '-rdynamic', '--name', 'core', '-I.']
    const bindings = ['-cflags', '-Os', '--', 'handler.c', 'handler_component_type.o']
    const modules = ['--dep', 'c', '-Mroot=app.zig', ...MODULE, '-Mc=c.zig']
    await run(tools.zig, ['build-exe', ...MODULE, ...program, ...bindings, ...modules], place)
    return wrapCore(await readFile(join(dir, 'core.wasm')), {embed: false, adapter: true})
  },
})
