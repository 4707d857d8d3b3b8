// base/checksum.ts: a sum of bytes, against what happens to files by chance. Node's own sums come with modules that take
// longer to load than a small file takes to sum up.

/** FNV-1a, of 32-bit words and the bytes behind the last: no other word in the place of one has the same sum. */
export function checksum(bytes: Uint8Array): number {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  const words = new Int32Array(whole.buffer, whole.byteOffset, whole.length >>> 2)
  let sum = 0x811c9dc5 | 0
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, PRIME)
  for (let at = words.length * 4; at < whole.length; at++) sum = Math.imul(sum ^ whole[at]!, PRIME)
  return sum
}

const PRIME = 0x01000193
