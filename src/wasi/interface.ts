// wasi/interface.ts: the tables that WASI's packages are made of.
import type {HostInterface, HostItem} from '../engine/link/imports.ts'

/** The version at which 0.2 is offered; the linker matches every 0.2.x import with it. */
export const WASI_VERSION = '0.2.12'

/** The same of 0.3, for its release candidates too. */
export const P3_VERSION = '0.3.0'

/** One interface under its full name, as `Imports` takes it. */
export type NamedInterface = readonly [name: string, items: HostInterface]

/** Names a table: `wasiInterface('io/poll', {…})` is 'wasi:io/poll@0.2.12'. */
export const wasiInterface = (name: string, items: Readonly<Record<string, HostItem>>): NamedInterface => [
  `wasi:${name}@${WASI_VERSION}`,
  new Map(Object.entries(items)),
]

/** The same for 0.3: `p3Interface('cli/run', {…})` is 'wasi:cli/run@0.3.0'. */
export const p3Interface = (name: string, items: Readonly<Record<string, HostItem>>): NamedInterface => [
  `wasi:${name}@${P3_VERSION}`,
  new Map(Object.entries(items)),
]
