// guests/wat/hostile/case.ts: a component that breaks a rule, and what the host must make of it.

import type {ErrorCode} from '../../../../src/base/errors.ts'

export type Expected = Readonly<{
  /** What the client may get; 200 with `body` where that is given. */
  status: readonly number[]
  body?: string
  /** One of these is logged when the guest failed; empty where it does not fail. */
  codes: readonly ErrorCode[]
  /** Whether a 200 may, or must, break off in its body, so that the client knows it for incomplete; default never. */
  cut?: 'may' | 'must'
  /** It may be refused before the first event: where instances are made ahead of time there is nobody to answer. */
  atStart?: boolean
}>

export type HostileGuest = Readonly<{
  /** Also its file's name. */
  name: string
  about: string
  text: string
  expected: Expected
  /** Requests that must each end as expected; default `/`. Every one is sent twice: the second finds a fresh sandbox. */
  paths?: readonly string[]
  /** Limits under which the case ends soon. */
  limits?: Readonly<{cpuMs?: number; idleMs?: number; memoryMb?: number}>
}>

export const traps = (...codes: readonly ErrorCode[]): Expected => ({status: [500], codes})

/** The same answer every time: nothing of the event before is left. */
export const answers = (body: string): Expected => ({status: [200], body, codes: []})

/** The handler's body as text; `before` are further fields of its module. */
export const handler = (body: string, before = ''): string =>
  `${before} (func $handle (param $request i32) (param $out i32) ${body})`

export const RESPOND_OK = '(call $respond-ok (local.get $out))'

/** What a client saw of one request. */
export type Seen = Readonly<{
  status: number
  body: string
  /** The connection ended before the body did. */
  cut: boolean
}>

/** What is wrong with what a client saw, or undefined. */
export function violation(expected: Expected, seen: Seen): string | undefined {
  if (!expected.status.includes(seen.status))
    return `status ${seen.status}, not ${expected.status.join(' or ')}`
  if (seen.status !== 200) return undefined
  if (seen.cut) return expected.cut === undefined ? `cut off after ${seen.body.length} bytes` : undefined
  if (expected.cut === 'must') return `a complete answer of ${seen.body.length} bytes, which it is not`
  if (expected.body !== undefined && seen.body !== expected.body)
    return `${JSON.stringify(seen.body.slice(0, 100))}, not ${JSON.stringify(expected.body)}`
  return undefined
}
