// engine/snapshot/show-file.ts: files as bytes that are not copied.
import {readFileSync} from 'node:fs'
import {type Libc, loadLibc} from './ffi.ts'
import {PAGE} from './state.ts'

/** Only what is looked at is ever brought in, and it is there but once. The file must stay as long as it is. */
export function showFile(libc: Libc, file: number, length: number): Uint8Array {
  const {buffer} = new WebAssembly.Memory({address: 'i64', initial: BigInt(Math.ceil(length / PAGE))})
  if (length > 0) libc.mapPrivate(libc.address(buffer as ArrayBuffer), length, file)
  return new Uint8Array(buffer, 0, length)
}

/** The same, or a copy where the system cannot show it. */
export function showOrRead(file: number, length: number): Uint8Array {
  try {
    return showFile(loadLibc(), file, length)
  } catch {
    return readFileSync(file)
  }
}
