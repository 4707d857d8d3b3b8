// embed/component.ts: a component that a program has loaded, as the program sees it.

/** What a component imports and exports, in JavaScript; `mayfly types` writes it. */
export type World = Readonly<{imports: any; exports: any}>

/** One sandbox, for several calls that see what the earlier ones left behind. */
export interface LeasedSandbox<W extends World = World> extends AsyncDisposable {
  /** As the component's, but all calls run in this sandbox, one after the other. */
  readonly exports: W['exports']
  /** Makes it as fresh as another, when the calls before are over; what they gave out is no longer valid. */
  restore(): Promise<void>
  /** Ends what still runs in it and gives it back; calls fail from now on. `await using` does it by itself. */
  release(): Promise<void>
}

/** Made by `Engine.load`. */
export interface Component<W extends World = World> extends AsyncDisposable {
  /** By it messages name the component. */
  readonly name: string
  /**
   * Each call runs in a fresh sandbox, which it takes with it. Always promises. They reject with a MayflyError when the
   * guest traps or overruns a limit; a `result` of WIT is a value: {tag: 'ok', val} or {tag: 'err', val}.
   */
  readonly exports: W['exports']
  /** A sandbox for several calls; waits for it where `limits.concurrency` are in use. */
  lease(): Promise<LeasedSandbox<W>>
  /** Ends all calls and leases, and frees what the component holds. `await using` does it by itself. */
  close(): Promise<void>
}
