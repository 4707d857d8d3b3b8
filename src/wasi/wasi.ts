// wasi/wasi.ts: WASI 0.2 and 0.3 without http, made once for a component.
import type {Imports} from '../engine/link/imports.ts'
import {type CliConfig, cliInterfaces} from './cli/cli.ts'
import {type ClocksConfig, clocksInterfaces} from './clocks/clocks.ts'
import {type FilesystemConfig, filesystemInterfaces} from './filesystem/filesystem.ts'
import {ioInterfaces} from './io/io.ts'
import {p3Interfaces} from './p3/p3.ts'
import {socketsInterfaces as p3SocketsInterfaces} from './p3/sockets/sockets.ts'
import {type RandomConfig, randomInterfaces} from './random/random.ts'
import {type SocketsConfig, socketsInterfaces} from './sockets/sockets.ts'

export type WasiConfig = CliConfig & ClocksConfig & RandomConfig & FilesystemConfig & SocketsConfig

/**
 * wasi:io, cli, clocks, random, filesystem and sockets at 0.2.12, and those of 0.3; the caller adds wasi:http and its own
 * capabilities. A component may import from both.
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
    ...p3Interfaces(config),
    ...p3SocketsInterfaces(config),
  ])
