import {recipe} from '../recipe.ts'
import {wrapCore} from '../wit.ts'
import {cargoBuild, findRust, type RustTools} from './cargo.ts'

const target = 'wasm32-unknown-unknown'

export const rust = recipe<RustTools>({
  name: 'rust',
  language: 'Rust (wit-bindgen)',
  slow: true,
  find: env => findRust(env, target),
  async build(build, tools) {
    const core = await cargoBuild(build, tools, {target, flags: ['--cfg getrandom_backend="custom"']})
    return wrapCore(core, {embed: false, adapter: false})
  },
})
