// engine/link/glue/abi.ts: the ordinary functions that emitted code calls by name.
import {giveBack} from '../../abi/handles.ts'
import {
  checkLength,
  checkList,
  listBytes,
  loadBytes,
  loadFloats,
  loadNumbers,
  storeBytes,
  storeFloats,
  storeNumbers,
  toIndex,
} from '../../abi/lists.ts'
import {GuestMemory} from '../../abi/memory.ts'
import {
  loadLatin1OrUtf16,
  loadUtf8,
  loadUtf16,
  storeLatin1OrUtf16,
  storeUtf8,
  storeUtf16,
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
import {cannotEnter, cannotLeave, checkBorrows, guestRep} from '../runtime.ts'

const guestMemory = (memory: WebAssembly.Memory): GuestMemory => new GuestMemory(memory, virtualPages(memory))

export const GLUE_ABI = {
  badDiscriminant,
  badLabel,
  bitsFromF32,
  bitsFromF64,
  blockingCall,
  cannotEnter,
  cannotLeave,
  canonicalNan,
  charFromCode,
  checkBorrows,
  checkLength,
  checkList,
  codeFromChar,
  f32FromBits,
  f64FromBits,
  giveBack,
  guestMemory,
  guestRep,
  listBytes,
  loadBytes,
  loadFloats,
  loadLatin1OrUtf16,
  loadNumbers,
  loadUtf16,
  loadUtf8,
  storeBytes,
  storeFloats,
  storeLatin1OrUtf16,
  storeNumbers,
  storeUtf16,
  storeUtf8,
  suspendingImports,
  toIndex,
} as const
