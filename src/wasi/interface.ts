// wasi/interface.ts: the tables that WASI's packages are made of.
import type {HostInterface, HostItem} from '../engine/link/imports.ts'

/** The version at which 0.2 is offered; the linker matches every 0.2.x import with it. */
export const WASI_VERSION = '0.2.12'

/** One interface under its full name, as `Imports` takes it. */
export type NamedInterface = readonly [name: string, items: HostInterface]

/** Names a table: `wasiInterface('io/poll', {…})` is 'wasi:io/poll@0.2.12'. */
export const wasiInterface = (name: string, items: Readonly<Record<string, HostItem>>): NamedInterface => [
  `wasi:${name}@${WASI_VERSION}`,
  new Map(Object.entries(items)),
]
