// server/app.ts: the contract between the server room, which knows processes, and whoever makes an app run.

/** Where to listen. */
export type ListenOptions = Readonly<{
  host: string
  /** 0 lets the kernel choose. */
  port: number
  /** Several processes listen on the same port and share its connections. */
  reusePort: boolean
  tls?: Readonly<{certPath: string; keyPath: string}>
}>

/** What a process is to serve; `Description` is any structured-cloneable data that whoever makes apps run understands. */
export type StartOptions<Description> = Readonly<{
  description: Description
  listen: ListenOptions
  /** From 0; stays when the process is replaced. */
  worker: number
}>

/** Makes an app run in this process. Resolves once it accepts requests. */
export type StartApp<Description> = (options: StartOptions<Description>) => Promise<RunningApp<Description>>

/** An app that accepts requests in this process. */
export interface RunningApp<Description> {
  readonly port: number
  /** Serves the new version from the next request on; those in flight end on the old one. Rejects and keeps the old one on failure. */
  reload(description: Description): Promise<void>
  /** Stops accepting, lets requests in flight end within the grace time, then ends the rest and lets go of everything. */
  stop(options: {graceMs: number}): Promise<void>
}

/** A whole server, in this process or in several. */
export interface Server<Description> {
  readonly port: number
  reload(description: Description): Promise<void>
  stop(options: {graceMs: number}): Promise<void>
  /** Ends at once, whatever is in flight. */
  kill(): void
}
