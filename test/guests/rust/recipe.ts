import {readFile} from 'node:fs/promises'
import {delimiter, dirname, join} from 'node:path'
import {type Env, exists} from '../cache.ts'
import {missing, recipe} from '../recipe.ts'
import {ask, program, programs, run} from '../toolchain.ts'
import {wrapCore} from '../wit.ts'

const TARGET = 'wasm32-unknown-unknown'
const INSTALL = 'apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22'

export type RustTools = Readonly<{rustc: string; cargo: string; linker: string | undefined; buildStd: boolean}>

/** The first compiler on the PATH that has the target's std, or else its sources to build it from. */
async function findRust(env: Env): Promise<RustTools | undefined> {
  const linker = await program(env, 'wasm-ld-22', 'wasm-ld')
  for (const rustc of await programs(env, 'rustc')) {
    const cargo = join(dirname(rustc), 'cargo')
    const sysroot = await ask(env, rustc, '--print', 'sysroot')
    if (sysroot === undefined || !(await exists(cargo))) continue
    const lib = join(sysroot, 'lib', 'rustlib')
    if (await exists(join(lib, TARGET))) return {rustc, cargo, linker: undefined, buildStd: false}
    const hasSources = await exists(join(lib, 'src', 'rust', 'library', 'Cargo.lock'))
    if (hasSources && linker !== undefined) return {rustc, cargo, linker, buildStd: true}
  }
  return undefined
}

export const rust = recipe<RustTools>({
  name: 'rust',
  language: 'Rust (wit-bindgen)',
  slow: true,

  async find(env) {
    return (await findRust(env)) ?? missing(`Rust with std or sources for ${TARGET}`, INSTALL)
  },

  async build({dir, env}, {rustc, cargo, linker, buildStd}) {
    const options = ['build', '--release', '--locked', '--target', TARGET]
    if (buildStd) options.push('-Zbuild-std=std,panic_abort')
    const cargoEnv = {
      ...env,
      PATH: `${dirname(rustc)}${delimiter}${env['PATH']}`,
      RUSTC: rustc,
      RUSTFLAGS: '--cfg getrandom_backend="custom"',
      CARGO_TARGET_DIR: join(dir, 'target'),
      ...(buildStd && {RUSTC_BOOTSTRAP: '1', CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker}),
    }
    await run(cargo, options, {cwd: dir, env: cargoEnv})
    const core = await readFile(join(dir, 'target', TARGET, 'release', 'guest.wasm'))
    return wrapCore(core, {embed: false, adapter: false})
  },
})
