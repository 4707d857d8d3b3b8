// wasi/preview1/world.ts: what a guest of WASI 0.1 finds around it, made once for a module.
import {StateKey} from '../../engine/store.ts'
import type {ProgramConfig} from '../cli/cli.ts'
import type {StdioConfig} from '../cli/stdio.ts'
import type {ClocksConfig} from '../clocks/clocks.ts'
import type {FilesystemConfig} from '../filesystem/filesystem.ts'
import {poolOf, type RandomPool} from '../random/pool.ts'
import type {RandomConfig} from '../random/random.ts'
import {FdTable} from './fd-table.ts'

export type WorldConfig = StdioConfig &
  ClocksConfig &
  RandomConfig &
  FilesystemConfig &
  ProgramConfig &
  Readonly<{
    /** Which of the standard streams are terminals: C's library writes line by line to those. */
    terminals?: Readonly<{stdin?: boolean; stdout?: boolean; stderr?: boolean}>
  }>

export type World = Readonly<{
  config: WorldConfig
  random: RandomPool
  /** The event's descriptors. */
  files: StateKey<FdTable>
}>

const POOL_BYTES = 16 * 1024

export const worldOf = (config: WorldConfig): World => ({
  config,
  random: poolOf(config.random, config.poolBytes ?? POOL_BYTES),
  files: new StateKey(
    store => new FdTable(store, config),
    table => table.end(),
  ),
})
