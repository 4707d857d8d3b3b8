// server/protocol.ts: all messages between the supervisor and a worker process.
//
// The supervisor forks workers with an IPC channel (structured clone) and speaks first:
//   supervisor → worker  start   once: what to serve, and where
//   worker → supervisor  ready   it accepts requests;  or  failed, and it ends
//   supervisor → worker  reload  any time after ready, one at a time
//   worker → supervisor  reloaded, or failed with the reload's number: the old version goes on
//   supervisor → worker  stop    finish what is in flight, then end with exit code 0
// A worker whose channel closes has lost its supervisor, and stops as if told to.
import {type Details, type ErrorCode, MayflyError, MayflyErrors, type Place} from '../base/errors.ts'
import type {StartOptions} from './app.ts'

export type ToWorker<Description> =
  | Readonly<{kind: 'start'; options: StartOptions<Description>}>
  | Readonly<{kind: 'reload'; number: number; description: Description}>
  | Readonly<{kind: 'stop'; graceMs: number}>

export type FromWorker =
  | Readonly<{kind: 'ready'; port: number}>
  | Readonly<{kind: 'reloaded'; number: number}>
  /** Without a number the start failed. */
  | Readonly<{kind: 'failed'; number?: number; errors: readonly PlainError[]}>

/** A MayflyError as data. */
export type PlainError = Readonly<{code: ErrorCode; details: Details; at?: Place}>

export function toPlainErrors(thrown: unknown): readonly PlainError[] {
  if (thrown instanceof MayflyErrors) return thrown.errors.flatMap(toPlainErrors)
  if (thrown instanceof MayflyError) {
    const {code, details, at} = thrown
    return [at === undefined ? {code, details} : {code, details, at}]
  }
  const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return [{code: 'INTERNAL', details: {reason}}]
}

/** One error, or several in one. */
export function fromPlainErrors(plain: readonly PlainError[]): MayflyError | MayflyErrors {
  const errors = plain.map(
    ({code, details, at}) => new MayflyError(code, details, at === undefined ? {} : {at}),
  )
  return errors.length === 1 ? errors[0]! : new MayflyErrors(errors)
}
