// observe/request-record.ts: what there is to say about one HTTP request when it is over.

export type RequestRecord = Readonly<{
  method: string
  /** The path without the query, which may hold secrets. */
  path: string
  /** The route's pattern; undefined where none matched. */
  route: string | undefined
  component: string | undefined
  /** What was sent; 499 when the client went away before a status was. */
  status: number
  /** From the parsed head to the last byte handed to the network. */
  durationMs: number
  /** Where the guest ran; 'none' for what the server answers by itself. */
  sandbox: string
  memoryTouchedBytes: number
  /** Why the request failed: a MayflyError's code and message, or that the client went away. */
  error?: Readonly<{code: string; message: string}>
}>

export interface RequestObserver {
  request(record: RequestRecord): void
}
