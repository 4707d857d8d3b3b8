// wasi/wasi.ts: WASI 0.2 without http, made once for a component.
import type {Imports} from '../engine/link/imports.ts'
import {type CliConfig, cliInterfaces} from './cli/cli.ts'
import {type ClocksConfig, clocksInterfaces} from './clocks/clocks.ts'
import {type FilesystemConfig, filesystemInterfaces} from './filesystem/filesystem.ts'
import {ioInterfaces} from './io/io.ts'
import {type RandomConfig, randomInterfaces} from './random/random.ts'
import {type SocketsConfig, socketsInterfaces} from './sockets/sockets.ts'

export type WasiConfig = CliConfig & ClocksConfig & RandomConfig & FilesystemConfig & SocketsConfig

/**
 * wasi:io, cli, clocks, random, filesystem and sockets at 0.2.12; the caller adds wasi:http and its own capabilities.
 * Only a clock and random bytes must be given: the rest is empty or refused by default.
 */
export const wasiImports = (config: WasiConfig): Imports =>
  new Map([
    ...ioInterfaces(),
    ...cliInterfaces(config),
    ...clocksInterfaces(config),
    ...randomInterfaces(config),
    ...filesystemInterfaces(config),
    ...socketsInterfaces(config),
  ])
