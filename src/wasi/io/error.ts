// wasi/io/error.ts: wasi:io/error.
import {hostFunction, hostResource} from '../../engine/link/imports.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import type {IoError} from './streams.ts'

export const errorInterface: NamedInterface = wasiInterface('io/error', {
  error: hostResource<IoError>(),
  '[method]error.to-debug-string': hostFunction((_, error: IoError) => error.debugString),
})
