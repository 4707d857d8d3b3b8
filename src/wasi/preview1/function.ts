// wasi/preview1/function.ts: what a function of WASI 0.1 is.
import type {FlatType} from '../../engine/abi/flatten.ts'
import type {Guest} from './guest.ts'

export type Preview1Function = Readonly<{
  params: readonly FlatType[]
  /** Without one the function never returns. */
  result: 'i32' | undefined
  /**
   * Nothing for success; a promise suspends the guest. i32s arrive as unsigned numbers, i64s as unsigned bigints.
   * Throws what errnoOf knows as a number; anything else ends the guest.
   */
  call: (guest: Guest, ...args: any[]) => undefined | Promise<Completion>
  /** Whether it may return a promise. */
  mayWait: boolean
}>

/**
 * What is left to do when the guest is about to go on. Only here may a call that has waited touch the guest: meanwhile
 * its event may have ended, and the sandbox serve another.
 */
export type Completion = () => undefined

const TYPES: Readonly<Record<string, FlatType>> = {i: 'i32', I: 'i64'}

/** `signature`: a letter for each parameter, i for i32 and I for i64. */
const define =
  (mayWait: boolean) =>
  (signature: string, call: Preview1Function['call']): Preview1Function => ({
    params: [...signature].map(letter => TYPES[letter]!),
    result: 'i32',
    call,
    mayWait,
  })

export const plain = define(false)

export const waiting = define(true)
