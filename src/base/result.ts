// base/result.ts: WIT's result type as data; also how our own functions report an expected failure.

export type Result<T, E> = Readonly<{tag: 'ok'; val: T}> | Readonly<{tag: 'err'; val: E}>

/** Keeps the type of a literal: err('closed') is no error of any string. */
type Kept = string | NonNullable<unknown> | null | undefined

export const ok = <T extends Kept>(val: T): {tag: 'ok'; val: T} => ({tag: 'ok', val})
export const err = <E extends Kept>(val: E): {tag: 'err'; val: E} => ({tag: 'err', val})
