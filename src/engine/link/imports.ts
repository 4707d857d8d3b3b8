// engine/link/imports.ts: what a host offers to components.
//
// Values cross the border as plain JavaScript:
//   bool            boolean
//   s8 … u32        number              s64, u64        bigint
//   f32, f64        number              char, string    string
//   list<u8>        Uint8Array          list<u16> Uint16Array, list<s64> BigInt64Array … (numbers but bool)
//   list<T>         Array               tuple           Array
//   record          {camelCase: …}      flags           {camelCase: boolean}
//   enum            'label'             variant         {tag: 'label', val?: …}
//   option<T>       T | undefined       option<option<T>>  {tag: 'some', val} | {tag: 'none'}
//   result<T, E>    {tag: 'ok', val} | {tag: 'err', val}   (never thrown)
//   own<R>, borrow<R>  of a host resource: the very object that the host returned for it;
//                      of a guest resource: a GuestResource
//   stream<T>       of a guest: a GuestStream (`for await`: chunks, each a list<T>; what is not read holds the guest back);
//                   of the host: a GuestStream to give on, an (async) iterable of chunks, or one typed array. A chunk is
//                   asked for when the guest reads. An iteration that throws traps the guest
//   future<T>       of a guest: a Promise; of the host: a value or Promise
//   error-context   an ErrorContext
// What comes out of a guest is a copy; what goes in is copied.

import type {Store} from '../store.ts'

/** A function by its WIT name: 'get-random-bytes', '[method]fields.append', '[constructor]fields'. */
export type HostFunction = Readonly<{
  kind: 'function'
  /**
   * Called with the sandbox's store and the lifted arguments.
   * A promise suspends the guest until it settles; allowed only where `mayBlock` is true.
   * Throwing (or rejecting) traps the guest: throw a MayflyError with a TRAP_ code for a reason the user sees.
   */
  call: (store: Store, ...args: any[]) => unknown
  mayBlock: boolean
}>

/** A resource type that the host implements. `T` is the object that stands for one resource. */
export type HostResource = Readonly<{
  kind: 'resource'
  /** Called once when the guest drops its own handle, or when the event ends with the handle still open. */
  drop?: (store: Store, resource: any) => void
}>

export type HostItem = HostFunction | HostResource

/** One interface: its functions and resources by WIT name. */
export type HostInterface = ReadonlyMap<string, HostItem>

/**
 * All interfaces by full name with version: 'wasi:io/streams@0.2.12'. A component's import finds the interface of the
 * same name whose version is semver-compatible (same major, or same 0.minor; for 0.0.x and pre-releases, equal).
 */
export type Imports = ReadonlyMap<string, HostInterface>

export const hostFunction = (call: (store: Store, ...args: any[]) => unknown): HostFunction => ({
  kind: 'function',
  call,
  mayBlock: false,
})

/** A host function that may return a promise and so suspend the guest. */
export const blockingFunction = (call: (store: Store, ...args: any[]) => unknown): HostFunction => ({
  kind: 'function',
  call,
  mayBlock: true,
})

export const hostResource = <T>(drop?: (store: Store, resource: T) => void): HostResource =>
  drop === undefined ? {kind: 'resource'} : {kind: 'resource', drop}
