// test/wasmtime.ts: where wasmtime is installed, to compare with.
import {homedir} from 'node:os'
import {delimiter, join} from 'node:path'
import {program} from './guests/toolchain.ts'

const {PATH = '', WASMTIME: named, XDG_CACHE_HOME: cache = join(homedir(), '.cache')} = process.env
const places = [PATH, join(cache, 'mayfly/tools/bin'), join(homedir(), 'tools/bin')].join(delimiter)

/** $WASMTIME, the PATH, and where tools are put that are on nobody's PATH. */
export const wasmtime = named || (await program({PATH: places}, 'wasmtime'))

/** Why a test that needs it is skipped. */
export const withoutWasmtime = wasmtime === undefined && 'wasmtime is not installed'
