// base/buffer.d.ts: Buffer's direct transcoders, which Node has but does not declare; they make no view.

interface Buffer {
  latin1Slice(start?: number, end?: number): string
  utf8Slice(start?: number, end?: number): string
  latin1Write(text: string, offset?: number, length?: number): number
  utf8Write(text: string, offset?: number, length?: number): number
  ucs2Write(text: string, offset?: number, length?: number): number
}
