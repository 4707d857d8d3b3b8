// engine/link/glue/abi.ts: the ordinary functions that emitted code calls by name.
import {borrowedRep, giveBack} from '../../abi/handles.ts'
import {
  checkLength,
  checkList,
  loadBytes,
  loadFloats,
  loadNumbers,
  storeBytes,
  storedBytes,
  storeFloats,
  storeNumbers,
  toIndex,
  writeNumbers,
} from '../../abi/lists.ts'
import {GuestMemory} from '../../abi/memory.ts'
import {
  loadLatin1OrUtf16,
  loadUtf8,
  loadUtf16,
  narrowTag,
  storeLatin1OrUtf16,
  storeUtf8,
  storeUtf16,
  widenTag,
} from '../../abi/strings.ts'
import {
  badDiscriminant,
  badLabel,
  bitsFromF32,
  bitsFromF64,
  canonicalNan,
  charFromCode,
  codeFromChar,
  f32FromBits,
  f64FromBits,
} from '../../abi/values.ts'
import {virtualPages} from '../../snapshot/adopt-instance.ts'
import {blockingCall, suspendingImports} from '../blocking.ts'
import {closedCall, directCall, mayLeaveGlobal} from '../direct-call.ts'
import {cannotNest} from '../nesting.ts'
import {cannotEnter, cannotLeave, checkBorrows, guestRep} from '../runtime.ts'
import {stackReserve} from '../stack-reserve.ts'
import {callWords, stackFunction} from '../stacks.ts'
import {uncatchable} from '../uncatchable.ts'
import {wasmFunction} from '../wasm-function.ts'

const guestMemory = (memory: WebAssembly.Memory): GuestMemory => new GuestMemory(memory, virtualPages(memory))

export const GLUE_ABI = {
  badDiscriminant,
  badLabel,
  bitsFromF32,
  bitsFromF64,
  blockingCall,
  borrowedRep,
  callWords,
  cannotEnter,
  cannotLeave,
  cannotNest,
  canonicalNan,
  charFromCode,
  checkBorrows,
  checkLength,
  checkList,
  closedCall,
  codeFromChar,
  directCall,
  f32FromBits,
  f64FromBits,
  giveBack,
  guestMemory,
  guestRep,
  loadBytes,
  loadFloats,
  loadLatin1OrUtf16,
  loadNumbers,
  loadUtf16,
  loadUtf8,
  mayLeaveGlobal,
  narrowTag,
  stackFunction,
  stackReserve,
  storeBytes,
  storedBytes,
  storeFloats,
  storeLatin1OrUtf16,
  storeNumbers,
  storeUtf16,
  storeUtf8,
  suspendingImports,
  toIndex,
  uncatchable,
  wasmFunction,
  widenTag,
  writeNumbers,
} as const
