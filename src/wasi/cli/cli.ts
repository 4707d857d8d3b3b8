// wasi/cli/cli.ts: the package wasi:cli, but for `run`, which is the guest's to export.
import {hostFunction} from '../../engine/link/imports.ts'
import type {Store} from '../../engine/store.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {exitInterface} from './exit.ts'
import {type StdioConfig, stdioInterfaces} from './stdio.ts'
import {terminalInterfaces} from './terminal.ts'

export type Environment = readonly (readonly [name: string, value: string])[]

/** What a program finds; asked for as often as the guest asks. */
export type ProgramConfig = Readonly<{
  environment?: (store: Store) => Environment
  /** The program's name first. */
  args?: (store: Store) => readonly string[]
}>

export type CliConfig = StdioConfig &
  ProgramConfig &
  Readonly<{
    /** The guest's working directory; by default it is not told one. */
    cwd?: string
  }>

export function cliInterfaces(config: CliConfig = {}): readonly NamedInterface[] {
  const {environment = () => [], args = () => [], cwd} = config
  return [
    wasiInterface('cli/environment', {
      'get-environment': hostFunction(environment),
      'get-arguments': hostFunction(args),
      'initial-cwd': hostFunction(() => cwd),
    }),
    exitInterface,
    ...stdioInterfaces(config),
    ...terminalInterfaces,
  ]
}
