// guests/rust/cargo.ts: Rust to WebAssembly by rustup's toolchain with the target, or by Debian's, which builds std.

import {readFile} from 'node:fs/promises'
import {delimiter, dirname, join} from 'node:path'
import {type Env, exists} from '../cache.ts'
import {type Build, missing} from '../recipe.ts'
import {ask, program, programs, run, type Skip} from '../toolchain.ts'

export type Target = 'wasm32-unknown-unknown' | 'wasm32-wasip1'

export type RustTools = Readonly<{
  rustc: string
  cargo: string
  /** What it takes to build std from its sources. */
  std: Readonly<{linker: string; flags: readonly string[]}> | undefined
}>

/** Debian's wasi-libc. */
const WASI_LIBC = '/usr/lib/wasm32-wasi'

const INSTALL = {
  'wasm32-unknown-unknown': 'apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22',
  'wasm32-wasip1':
    'apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22 wasi-libc',
}

/** The first compiler on the PATH that has the target's std, or else its sources to build it from. */
export async function findRust(env: Env, target: Target): Promise<RustTools | Skip> {
  const linker = await program(env, 'wasm-ld-22', 'wasm-ld')
  const wasi = target === 'wasm32-wasip1'
  const flags = wasi
    ? [`-Lnative=${WASI_LIBC}`, '-Clink-self-contained=no', `-Clink-arg=${WASI_LIBC}/crt1-reactor.o`]
    : []
  const canBuildStd = !wasi || (await exists(join(WASI_LIBC, 'crt1-reactor.o')))
  for (const rustc of await programs(env, 'rustc')) {
    const cargo = join(dirname(rustc), 'cargo')
    const sysroot = await ask(env, rustc, '--print', 'sysroot')
    if (sysroot === undefined || !(await exists(cargo))) continue
    const lib = join(sysroot, 'lib', 'rustlib')
    if (await exists(join(lib, target))) return {rustc, cargo, std: undefined}
    const hasSources = await exists(join(lib, 'src', 'rust', 'library', 'Cargo.lock'))
    if (hasSources && canBuildStd && linker !== undefined) return {rustc, cargo, std: {linker, flags}}
  }
  return missing(`Rust with std, or what it takes to build it, for ${target}`, INSTALL[target])
}

/** Builds the crate `guest` in the build's folder; answers its core module. */
export async function cargoBuild(
  {dir, keep, env}: Build,
  {rustc, cargo, std}: RustTools,
  options: Readonly<{target: Target; flags?: readonly string[]}>,
): Promise<Uint8Array> {
  const linkerKey = `CARGO_TARGET_${options.target.toUpperCase().replaceAll('-', '_')}_LINKER`
  const cargoEnv = {
    ...env,
    PATH: `${dirname(rustc)}${delimiter}${env['PATH']}`,
    RUSTC: rustc,
    RUSTFLAGS: [...(options.flags ?? []), ...(std?.flags ?? [])].join(' '),
    CARGO_TARGET_DIR: join(dir, 'target'),
    // std and the dependencies are built once for all guests; cargo has a lock of its own.
    CARGO_BUILD_BUILD_DIR: join(keep, 'cargo'),
    // The stable compiler may build std only so.
    ...(std !== undefined && {RUSTC_BOOTSTRAP: '1', [linkerKey]: std.linker}),
  }
  const buildStd = std === undefined ? [] : ['-Zbuild-std=std,panic_abort']
  await run(cargo, ['build', '--release', '--locked', '--target', options.target, ...buildStd], {
    cwd: dir,
    env: cargoEnv,
  })
  return readFile(join(dir, 'target', options.target, 'release', 'guest.wasm'))
}
