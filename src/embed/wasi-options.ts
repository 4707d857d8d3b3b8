// embed/wasi-options.ts: what a program grants a component of WASI.
import {writeSync} from 'node:fs'
import type {Imports} from '../engine/link/imports.ts'
import {openMounts, type Preopen} from '../wasi/filesystem/mounts.ts'
import {createHttpClient} from '../wasi/http/client.ts'
import {httpInterfaces} from '../wasi/http/http.ts'
import {p3HttpInterfaces} from '../wasi/p3/http/http.ts'
import {wasiImports} from '../wasi/wasi.ts'
import {entropy} from './surroundings.ts'

/** Where output goes: to this process's own, or to a function that gets it in pieces as it was written. */
export type Output = 'inherit' | ((bytes: Uint8Array) => void)

/** A clock and random numbers are there always; the rest is empty, refused or discarded unless it is given. */
export type WasiOptions = Readonly<{
  /** The program's name first. */
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
  stdout?: Output
  stderr?: Output
  /** Files and folders of the machine that the guest sees; read-only unless `writable`. */
  files?: readonly Preopen[]
  /** Whether an outgoing HTTP request may go there; asked for each. By default none may. */
  http?: (to: HttpDestination) => boolean
}>

/** `host` is lower case, an IPv6 address without brackets. */
export type HttpDestination = Readonly<{scheme: 'http' | 'https'; host: string; port: number}>

export type Granted = Readonly<{imports: Imports; close(): void}>

export function grantedWasi(options: WasiOptions): Granted {
  const {args = [], env = {}, files = [], http = () => false} = options
  const environment = Object.entries(env)
  const mounts = openMounts(files)
  const client = createHttpClient({
    policy: {check: (scheme, host, port) => (http({scheme, host, port}) ? 'allowed' : 'denied')},
  })
  return {
    imports: new Map([
      ...wasiImports({
        clock: entropy,
        random: entropy,
        // Exactly what is drawn is recorded while a component is initialised.
        poolBytes: 0,
        args: () => args,
        environment: () => environment,
        mounts,
        ...sink('stdout', options.stdout, 1),
        ...sink('stderr', options.stderr, 2),
      }),
      ...httpInterfaces(() => client),
      ...p3HttpInterfaces(() => client),
    ]),
    close() {
      mounts.close()
      client.close()
    },
  }
}

function sink(name: 'stdout' | 'stderr', output: Output | undefined, fd: 1 | 2) {
  if (output === undefined) return {}
  const write = output === 'inherit' ? (bytes: Uint8Array) => void writeSync(fd, bytes) : output
  return {[name]: {write}}
}
