import {readFileSync} from 'node:fs'
import {recipe} from '../recipe.ts'
import {cargoBuild, findRust, type RustTools} from '../rust/cargo.ts'
import {witSource, wrapCore} from '../wit.ts'

const target = 'wasm32-unknown-unknown'
const WORLD = new URL('world.wit', import.meta.url)

/** No handler but a program: what it does stands in test/e2e/tcp.test.ts. */
export const tcp = recipe<RustTools>({
  name: 'tcp',
  language: 'Rust (wit-bindgen), wasi:sockets of 0.2',
  uses: ['rust/cargo.ts'],
  slow: true,
  wit: () => `${witSource()}\n${readFileSync(WORLD, 'utf8')}`,
  find: env => findRust(env, target),
  build: async (build, tools) =>
    wrapCore(await cargoBuild(build, tools, {target}), {embed: false, adapter: false}),
})
