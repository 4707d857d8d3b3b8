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
//   stream<T>       of a guest: a GuestStream; of the host: HostChunks, or a GuestStream to give on
//   future<T>       of a guest: a Promise; of the host: a value or Promise (a function whose result is a future is made
//                   with `hostFunction`: with `blockingFunction` the promise would be the call)
//   error-context   an ErrorContext
// What comes out of a guest is a copy; what goes in is copied.
//
// Functions of async type are made with `blockingFunction`: the promise that `call` returns is the call. A guest that
// lowers it asynchronously goes on meanwhile, one that lowers it synchronously is suspended. Where the guest cancels the
// call, `cancel` of the promise is called, if it has one (Cancellable), and what it settles to is ignored.
//
// Streams. A GuestStream is read with `for await (const chunk of stream)` or `read()`, and ended early with `cancel()`;
// what is not read holds the guest back. It may be given on to a guest while no read is under way. HostChunks are an
// (async) iterable of chunks, or one typed array; a chunk is a list<T> as above, for a stream without element
// type {length}. The next chunk is asked for when the guest reads and all of the last one is taken; until then a chunk
// must not change. `next` is given how many elements the guest has room for, which a chunk may exceed. When the guest drops the stream early, the iterator's `return()` is called, once, and an element
// <own<R>> that it did not take is dropped. An iteration that throws, or gives what is no list<T>, traps the guest.
// Futures. A guest's is read at once. A host's promise that rejects traps the guest when it reads; when the guest drops
// the future unread, `cancel` of the promise is called, if it has one.
// Both end with the event: what the host still holds rejects when the guest traps, and once the event is over.
//
// Calls into a guest (Sandbox.call) take and give the same values; where the result is a future, the promise is its value's. A function of async type may go on after it has
// returned, and so may streams: Sandbox.whenIdle tells when all of that is over.

import type {Store} from '../store.ts'

/** A function by its WIT name: 'get-random-bytes', '[method]fields.append', '[constructor]fields'. */
export type HostFunction = Readonly<{
  kind: 'function'
  /**
   * Called with the sandbox's store and the lifted arguments.
   * A promise suspends the guest until it settles, or, for a function of async type, is the call; allowed only where
   * `mayBlock` is true.
   * Throwing (or rejecting) traps the guest: throw a MayflyError with a TRAP_ code for a reason the user sees.
   */
  call: (store: Store, ...args: any[]) => unknown
  mayBlock: boolean
  /** The type that an import must have, as signature.ts writes it; without one, any goes. */
  type?: string
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

type Call = HostFunction['call']

export const hostFunction = (call: Call, type?: string): HostFunction => functionOf(call, false, type)

/** A host function that may return a promise, and so suspend the guest or, of async type, go on beside it. */
export const blockingFunction = (call: Call, type?: string): HostFunction => functionOf(call, true, type)

const functionOf = (call: Call, mayBlock: boolean, type: string | undefined): HostFunction =>
  type === undefined ? {kind: 'function', call, mayBlock} : {kind: 'function', call, mayBlock, type}

export const hostResource = <T>(drop?: (store: Store, resource: T) => void): HostResource =>
  drop === undefined ? {kind: 'resource'} : {kind: 'resource', drop}
