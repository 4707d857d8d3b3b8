// embed/streams.ts: types of what a program and its guests give to each other over time.

/** What a host function may return. */
export type Awaitable<T> = T | Promise<T>

/** A stream that a guest gives; what is not read holds the guest back. It may be given on while nothing was read. */
export interface GuestStream<Chunk> extends AsyncIterable<Chunk> {
  /** The next elements, at least one; undefined at the end. */
  read(): Promise<Chunk | undefined>
  cancel(): void
}

/** What a program may give as a stream: chunks to ask for one by one, a single typed array, or a guest's stream. */
export type StreamSource<Chunk> =
  | AsyncIterable<Chunk>
  | Iterable<Chunk>
  | GuestStream<Chunk>
  | (Chunk extends ArrayBufferView ? Chunk : never)
