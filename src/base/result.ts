// base/result.ts: WIT's result type as data; also how our own functions report an expected failure.

export type Result<T, E> = Readonly<{tag: 'ok'; val: T}> | Readonly<{tag: 'err'; val: E}>

export const ok = <T>(val: T): {tag: 'ok'; val: T} => ({tag: 'ok', val})
export const err = <E>(val: E): {tag: 'err'; val: E} => ({tag: 'err', val})
