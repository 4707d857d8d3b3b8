import {recipe} from '../recipe.ts'
import {cargoBuild, findRust, type RustTools} from '../rust/cargo.ts'
import {wrapCore} from '../wit.ts'

const target = 'wasm32-wasip1'

export const rustWstd = recipe<RustTools>({
  name: 'rust-wstd',
  language: 'Rust (wstd)',
  uses: ['rust/cargo.ts'],
  slow: true,
  find: env => findRust(env, target),
  async build(build, tools) {
    return wrapCore(await cargoBuild(build, tools, {target}), {embed: false, adapter: true})
  },
})
