// wasi/p3/p3.ts: WASI 0.3 without http and sockets, made once for a component.
import type {CliConfig} from '../cli/cli.ts'
import type {ClocksConfig} from '../clocks/clocks.ts'
import type {FilesystemConfig} from '../filesystem/filesystem.ts'
import type {NamedInterface} from '../interface.ts'
import type {RandomConfig} from '../random/random.ts'
import {cliInterfaces} from './cli/cli.ts'
import {clocksInterfaces} from './clocks/clocks.ts'
import {filesystemInterfaces} from './filesystem/filesystem.ts'
import {randomInterfaces} from './random/random.ts'

export type P3Config = CliConfig & ClocksConfig & RandomConfig & FilesystemConfig

export const p3Interfaces = (config: P3Config): readonly NamedInterface[] => [
  ...cliInterfaces(config),
  ...clocksInterfaces(config),
  ...randomInterfaces(config),
  ...filesystemInterfaces(config),
]
