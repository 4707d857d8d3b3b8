// base/ports.ts: the outside world as parameters. cli/compose.ts passes the real ones, tests pass fakes.

export interface Clock {
  /** Nanoseconds since the Unix epoch. */
  wallNs(): bigint
  /** Nanoseconds since an arbitrary start; never goes back. */
  monotonicNs(): bigint
}

export interface Random {
  /** Fills `bytes` with cryptographically secure random bytes. */
  fill(bytes: Uint8Array): void
}
