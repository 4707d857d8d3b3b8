// wasi/io/io.ts: the package wasi:io.
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {errorInterface} from './error.ts'
import {inputStreamItems} from './input-stream.ts'
import {outputStreamItems} from './output-stream.ts'
import {pollInterface} from './poll.ts'

const streamsInterface: NamedInterface = wasiInterface('io/streams', {
  ...inputStreamItems,
  ...outputStreamItems,
})

/** wasi:io needs no configuration: what its streams lead to was decided where they were made. */
export const ioInterfaces = (): readonly NamedInterface[] => [errorInterface, pollInterface, streamsInterface]
