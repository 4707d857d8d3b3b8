// guests/guests.ts: components made by other people's toolchains, for the end-to-end tests.
//
// Each answers GET / ("hello world\n", text/plain), POST /echo (the body back, streamed), GET /cpu (the result of a
// loop), GET /random (a random number from the language's own generator), GET /counter (how often this sandbox was
// asked: 1), GET /canary?write=N (the byte an earlier event left behind: 0; then leaves N); 404 and 405 else.
// Most answer GET /sleep?ms=N ("awake\n") too.

import {createHash} from 'node:crypto'
import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {assemblyscript} from './assemblyscript/recipe.ts'
import {c} from './c/recipe.ts'
import {cClang} from './c-clang/recipe.ts'
import {buildOnce, cacheDir, type Env, exists, hashFiles} from './cache.ts'
import {go} from './go/recipe.ts'
import {p3C, p3Rust, p3RustMiddleware} from './p3/toolchains.ts'
import {python} from './python/recipe.ts'
import type {Recipe} from './recipe.ts'
import {ruby} from './ruby/recipe.ts'
import {rust} from './rust/recipe.ts'
import {rustSpin} from './rust-spin/recipe.ts'
import {rustWstd} from './rust-wstd/recipe.ts'
import {tcp} from './tcp/recipe.ts'
import {isSkip, type Skip} from './toolchain.ts'
import {assemble, TEXT_GUESTS} from './wat/text-guests.ts'
import {jcoVersion, WORLD_FILE, witSource} from './wit.ts'
import {zig} from './zig/recipe.ts'

export const RECIPES: readonly Recipe[] = [
  assemblyscript,
  c,
  cClang,
  zig,
  rust,
  rustSpin,
  rustWstd,
  go,
  python,
  ruby,
]

/** Of WASI 0.3: what they answer stands in test/e2e/p3-toolchains.test.ts. */
export const P3_RECIPES: readonly Recipe[] = [p3Rust, p3RustMiddleware, p3C]

/** Programs for `mayfly run`: what they do stands in the tests of test/e2e. */
const PROGRAM_RECIPES: readonly Recipe[] = [tcp]

export const ALL: readonly Recipe[] = [...RECIPES, ...P3_RECIPES, ...PROGRAM_RECIPES]

/** The file of a component, or why it cannot be had here. */
export type Guest = Readonly<{path: string}> | Skip

export type GuestOptions = Readonly<{
  env?: Env
  /** Builds slow toolchains too; default: `MAYFLY_GUEST_BUILD=all`. `MAYFLY_GUEST_BUILD=none` builds nothing. */
  slow?: boolean
}>

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const sourceDir = (recipe: Recipe): string => fileOf(`${recipe.name}/`)

/** What identifies a guest: its sources and recipe, the world, and the tool that wraps it. */
export function guestKey(recipe: Recipe): Promise<string> {
  const shared = ['wit.ts', ...(recipe.uses ?? [])].map(fileOf)
  const world = recipe.wit === undefined ? [WORLD_FILE] : []
  return hashFiles([sourceDir(recipe), ...world, ...shared], [jcoVersion(), recipe.wit?.() ?? ''])
}

/**
 * The component `name`, from the cache, or else built now; or why it cannot be had here.
 * `wat/NAME` is a component in text form, which can be had everywhere.
 * @throws Error when the toolchain is there and fails, with its last lines
 */
export async function guest(name: string, options: GuestOptions = {}): Promise<Guest> {
  const env = options.env ?? process.env
  const cache = cacheDir(env)
  if (name.startsWith('wat/')) return {path: await textGuest(name.slice(4), cache)}
  const recipe = ALL.find(item => item.name === name)
  if (recipe === undefined)
    throw new Error(`no guest "${name}"; there are ${ALL.map(r => r.name).join(', ')}`)
  const path = join(cache, `${name}-${await guestKey(recipe)}.wasm`)
  if (await exists(path)) return {path}
  const wish = env['MAYFLY_GUEST_BUILD']
  if (wish === 'none') return {skip: `${name} is not in the cache and MAYFLY_GUEST_BUILD=none`}
  const tools = await recipe.find(env)
  if (isSkip(tools)) return tools
  if (recipe.slow && !(options.slow ?? wish === 'all'))
    return {skip: `${name} takes long to build; run: node test/guests/build-all.ts ${name}`}
  return {path: await buildOnce(path, () => build(recipe, tools, {env, cache}))}
}

async function textGuest(name: string, cache: string): Promise<string> {
  const text = TEXT_GUESTS.get(name)?.()
  if (text === undefined)
    throw new Error(`no guest "wat/${name}"; there are ${[...TEXT_GUESTS.keys()].join(', ')}`)
  const key = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return buildOnce(join(cache, 'wat', `${name}-${key}.wasm`), () => assemble(text))
}

async function build(recipe: Recipe, tools: object, options: {env: Env; cache: string}): Promise<Uint8Array> {
  const keep = join(options.cache, '.build')
  await mkdir(keep, {recursive: true})
  const dir = await mkdtemp(join(tmpdir(), `mayfly-guest-${recipe.name.replaceAll('/', '-')}-`))
  try {
    await cp(sourceDir(recipe), dir, {recursive: true})
    await writeFile(join(dir, 'handler.wit'), recipe.wit?.() ?? witSource())
    return await recipe.build({dir, keep, env: options.env}, tools)
  } finally {
    await rm(dir, {recursive: true, force: true})
  }
}
