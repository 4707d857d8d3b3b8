// guests/recipe.ts: how the component of one toolchain is made.

import type {Env} from './cache.ts'
import type {Skip} from './toolchain.ts'

export type Build = Readonly<{
  /** A fresh folder holding a copy of the recipe's sources and the world as `handler.wit`. */
  dir: string
  /** What the toolchain may keep between builds. */
  keep: string
  env: Env
}>

/** Finds what it needs, then builds; `find` must be quick and change nothing. */
export type Recipe<Tools extends object = any> = Readonly<{
  /** Also the folder of its sources. */
  name: string
  language: string
  /** The text of its world and of what that needs, for `handler.wit`; that of WASI 0.2 by default. */
  wit?: () => string
  /** What it is made of besides its folder: files below test/guests. */
  uses?: readonly string[]
  /** Takes minutes the first time: built only when asked for (`MAYFLY_GUEST_BUILD=all`, build-all.ts). */
  slow: boolean
  find: (env: Env) => Promise<Tools | Skip>
  build: (build: Build, tools: Tools) => Promise<Uint8Array>
}>

/** Keeps the type of `Tools` between `find` and `build`. */
export const recipe = <Tools extends object>(parts: Recipe<Tools>): Recipe => parts

export const missing = (what: string, install: string): Skip => ({
  skip: `${what} not found; install: ${install}`,
})
