// wasi/http/method.ts: wasi:http method and scheme, to and from the words on the wire.

export type Method = Readonly<{tag: string; val?: string}>
export type Scheme =
  | Readonly<{tag: 'HTTP'}>
  | Readonly<{tag: 'HTTPS'}>
  | Readonly<{tag: 'other'; val: string}>

export const GET: Method = {tag: 'get'}
export const HTTP: Scheme = {tag: 'HTTP'}
export const HTTPS: Scheme = {tag: 'HTTPS'}

const KNOWN: ReadonlyMap<string, Method> = new Map(
  ['get', 'head', 'post', 'put', 'delete', 'connect', 'options', 'trace', 'patch'].map(tag => [
    tag.toUpperCase(),
    {tag},
  ]),
)

/** 'GET' → {tag: 'get'}; methods are case-sensitive, so 'get' → {tag: 'other', val: 'get'}. */
export const methodOf = (word: string): Method =>
  word === 'GET' ? GET : (KNOWN.get(word) ?? {tag: 'other', val: word})

export const methodWord = (method: Method): string =>
  method.tag === 'other' ? method.val! : method.tag.toUpperCase()
