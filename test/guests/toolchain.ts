// guests/toolchain.ts: programs of other people: found on the PATH, run with low priority.

import {execFile, spawn} from 'node:child_process'
import {access, constants} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {delimiter, dirname, join} from 'node:path'
import {promisify} from 'node:util'
import type {Env} from './cache.ts'

const TAIL_LINES = 30

/** Why a guest cannot be built here. */
export type Skip = Readonly<{skip: string}>

export const isSkip = (value: object): value is Skip => 'skip' in value

/** Every place on the PATH that holds one of `names`, in the order of the PATH. */
export async function programs(env: Env, ...names: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const dir of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    for (const name of names) {
      const path = join(dir, name)
      if (
        await access(path, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        found.push(path)
    }
  }
  return found
}

export async function program(env: Env, ...names: readonly string[]): Promise<string | undefined> {
  return (await programs(env, ...names))[0]
}

/** The folder of an npm package as the project sees it. */
export function npmPackage(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}

/** What a short command prints, or undefined where it fails. */
export async function ask(
  env: Env,
  command: string,
  ...args: readonly string[]
): Promise<string | undefined> {
  return promisify(execFile)(command, [...args], {env: {...env}, timeout: 30_000}).then(
    result => result.stdout.trim(),
    () => undefined,
  )
}

/**
 * Runs a build step to its end.
 * @throws Error with the command and the last lines it printed
 */
export async function run(command: string, args: readonly string[], place: Place): Promise<void> {
  await print(command, args, place)
}

export type Place = Readonly<{cwd: string; env: Env}>

/** As `run`; answers what the step wrote to stdout. */
export async function print(command: string, args: readonly string[], place: Place): Promise<string> {
  const nice = await program(place.env, 'nice')
  const [file, argv] = nice === undefined ? [command, args] : [nice, ['-n', '10', command, ...args]]
  const child = spawn(file, [...argv], {
    cwd: place.cwd,
    env: {...place.env},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const failure = await new Promise<string | undefined>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : `${signal ?? `exit code ${code}`}`),
    )
  })
  if (failure === undefined) return output
  const tail = `${output}\n${complaints}`.trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
  throw new Error(`${command} ${args.join(' ')}: ${failure}\n${tail}`)
}
