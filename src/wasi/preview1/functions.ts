// wasi/preview1/functions.ts: all of wasi_snapshot_preview1 by name.
import {clockFunctions} from './clocks.ts'
import {descriptorFunctions} from './descriptors.ts'
import {environmentFunctions} from './environment.ts'
import type {Preview1Function} from './function.ts'
import {pathFunctions} from './paths.ts'
import {pollFunctions} from './poll.ts'
import {processFunctions} from './process.ts'
import {readdirFunctions} from './readdir.ts'
import {socketFunctions} from './sockets.ts'
import {transferFunctions} from './transfer.ts'

export const PREVIEW1 = 'wasi_snapshot_preview1'

export const FUNCTIONS: ReadonlyMap<string, Preview1Function> = new Map(
  Object.entries({
    ...environmentFunctions,
    ...clockFunctions,
    ...descriptorFunctions,
    ...transferFunctions,
    ...readdirFunctions,
    ...pathFunctions,
    ...pollFunctions,
    ...processFunctions,
    ...socketFunctions,
  }),
)
