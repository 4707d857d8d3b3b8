// guests/p3/toolchains.ts: components of WASI 0.3 by wit-bindgen's asynchronous ABI, in Rust and in C.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {componentNew, preview1AdapterReactorPath} from '@bytecodealliance/jco'
import {bindC, findBindgen} from '../c/recipe.ts'
import {type ClangTools, findClang} from '../c-clang/recipe.ts'
import {recipe} from '../recipe.ts'
import {cargoBuild, findRust, type RustTools} from '../rust/cargo.ts'
import {isSkip, run} from '../toolchain.ts'
import {witSource, worldText, wrapCore3} from './wit.ts'

const target = 'wasm32-unknown-unknown'

const service = (): string => witSource(worldText('service'))

const rustRecipe = (name: string, wit: () => string) =>
  recipe<RustTools>({
    name,
    language: 'Rust (wit-bindgen, asynchronous)',
    uses: ['p3/wit.ts', 'p3/toolchains.ts', 'rust/cargo.ts'],
    slow: true,
    wit,
    find: env => findRust(env, target),
    build: async (build, tools) => wrapCore3(await cargoBuild(build, tools, {target})),
  })

export const p3Rust = rustRecipe('p3/rust', service)
export const p3RustMiddleware = rustRecipe('p3/rust-middleware', () => witSource(worldText('middleware')))

/** Its libc is of WASI 0.1, which the adapter makes 0.2. */
export const p3C = recipe<ClangTools>({
  name: 'p3/c',
  language: 'C (wit-bindgen, asynchronous)',
  uses: ['p3/wit.ts', 'p3/toolchains.ts', 'c/recipe.ts', 'c-clang/recipe.ts'],
  slow: false,
  wit: service,
  async find(env) {
    const found = await findBindgen(env)
    return isSkip(found) ? found : findClang(env, found)
  },
  async build({dir, env}, tools) {
    await bindC({dir, env}, tools, 'app')
    const options = ['--target=wasm32-wasi', '-O2', '-Wl,-s', '-mexec-model=reactor', '-o', 'core.wasm']
    await run(tools.clang, [...options, 'guest.c', 'app.c', 'app_component_type.o'], {cwd: dir, env})
    const adapter = await readFile(preview1AdapterReactorPath())
    return componentNew(await readFile(join(dir, 'core.wasm')), [['wasi_snapshot_preview1', adapter]])
  },
})
