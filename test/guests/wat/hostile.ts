// guests/wat/hostile.ts: every hostile component in text form, with what the host must make of it.

import {ABI} from './hostile/abi.ts'
import type {HostileGuest} from './hostile/case.ts'
import {ENDLESS} from './hostile/endless.ts'
import {HANDLES} from './hostile/handles.ts'
import {HTTP} from './hostile/http.ts'
import {MEMORY_BOMBS} from './hostile/memory.ts'
import {STATE} from './hostile/state.ts'

export const HOSTILE: readonly HostileGuest[] = [
  ...ENDLESS,
  ...MEMORY_BOMBS,
  ...HANDLES,
  ...ABI,
  ...HTTP,
  ...STATE,
]
