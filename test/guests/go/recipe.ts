import {appendFile, cp, mkdir, readFile, rename, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {type BindgenTools, findBindgen} from '../c/recipe.ts'
import {type Build, missing, recipe} from '../recipe.ts'
import {ask, isSkip, program, run} from '../toolchain.ts'
import {WORLD, wrapCore} from '../wit.ts'

type GoTools = BindgenTools & Readonly<{go: string; cargo: string}>

const GO_MINOR = 25
const RUNTIME = 'go.bytecodealliance.org/pkg'
const BINDGEN_VERSION = '0.63.0'

/** The bindings' Go runtime is published inside a crate. */
async function fetchRuntime({dir, env}: Build, cargo: string): Promise<void> {
  const fetch = join(dir, 'fetch')
  await mkdir(join(fetch, 'src'), {recursive: true})
  await writeFile(join(fetch, 'src', 'lib.rs'), '')
  await writeFile(
    join(fetch, 'Cargo.toml'),
    `[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n` +
      `[dependencies]\nwit-bindgen-go = "=${BINDGEN_VERSION}"\n`,
  )
  await run(cargo, ['vendor', '--quiet', 'vendor'], {cwd: fetch, env})
  const pkg = join(dir, 'pkg')
  await cp(join(fetch, 'vendor', 'wit-bindgen-go', 'src', 'pkg'), pkg, {recursive: true})
  // It asks for a newer Go than it needs.
  await writeFile(join(pkg, 'go.mod'), `module ${RUNTIME}\n\ngo 1.${GO_MINOR}\n`)
  await appendFile(join(dir, 'go.mod'), `\nreplace ${RUNTIME} => ./pkg\n`)
}

export const go = recipe<GoTools>({
  name: 'go',
  language: 'Go',
  uses: ['c/recipe.ts'],
  slow: true,

  async find(env) {
    const found = await findBindgen(env)
    if (isSkip(found)) return found
    const go = await program(env, 'go')
    if (go === undefined) return missing('go', 'go 1.25 or newer')
    const version = await ask(env, go, 'env', 'GOVERSION')
    const minor = Number(/^go1\.(\d+)/.exec(version ?? '')?.[1] ?? 0)
    if (minor < GO_MINOR) return missing(`go 1.${GO_MINOR} (there is ${version})`, 'go 1.25 or newer')
    const cargo = await program(env, 'cargo')
    return cargo === undefined
      ? missing('cargo', "cargo, to fetch the bindings' runtime")
      : {...found, go, cargo}
  },

  async build(build, {bindgen, go, cargo}) {
    const {dir, env} = build
    const stubs = ['--world', WORLD, '--generate-stubs', '--out-dir', '.']
    await run(bindgen, ['go', 'handler.wit', ...stubs], {cwd: dir, env})
    await rename(join(dir, 'handler.go'), join(dir, 'export_wasi_http_incoming_handler', 'wit_bindings.go'))
    await fetchRuntime(build, cargo)
    // The runtime links runtime.sbrk, which the linker refuses by default.
    const options = ['-buildmode=c-shared', '-trimpath', '-ldflags=-s -w -checklinkname=0', '-o', 'core.wasm']
    const goEnv = {
      ...env,
      GOOS: 'wasip1',
      GOARCH: 'wasm',
      GOFLAGS: '-mod=mod',
      GOWORK: 'off',
      CGO_ENABLED: '0',
    }
    await run(go, ['build', ...options, '.'], {cwd: dir, env: goEnv})
    return wrapCore(await readFile(join(dir, 'core.wasm')), {embed: true, adapter: true})
  },
})
