// wasi/http/fields.ts: the wasi:http fields resource, headers and trailers alike.
import {err, ok, type Result} from '../../base/result.ts'
import {textAt, textOf} from '../../base/short-text.ts'
import {isFieldValue, isForbidden, keyOf, parseLength} from './field-syntax.ts'

export type HeaderError = Readonly<{tag: 'invalid-syntax' | 'forbidden' | 'immutable' | 'size-exceeded'}>
/** Name in lower case, value as bytes (latin1 where it came from node). */
export type Field = [name: string, value: Uint8Array]

/** Names and values of one fields resource together, plus 32 bytes a field. */
export const FIELDS_MAX_BYTES = 128 * 1024
const FIELD_OVERHEAD_BYTES = 32

const DONE: Result<undefined, never> = ok(undefined)
const INVALID = err<HeaderError>({tag: 'invalid-syntax'})
const FORBIDDEN = err<HeaderError>({tag: 'forbidden'})
const IMMUTABLE = err<HeaderError>({tag: 'immutable'})
const SIZE_EXCEEDED = err<HeaderError>({tag: 'size-exceeded'})
const {latin1Slice} = Buffer.prototype as unknown as {latin1Slice: (start: number, end: number) => string}

/**
 * Up to so many bytes V8 keeps with the array itself. Whoever looks at them from outside of JavaScript has them moved to
 * memory of their own first, which takes longer than to put the string together here.
 */
const SHORT = 64

/** Bytes to the string with the same code units. */
export const latin1 = (bytes: Uint8Array): string =>
  bytes.length <= SHORT
    ? (textAt(bytes, 0, bytes.length) ?? textOf(bytes, 0, bytes.length))
    : latin1Slice.call(bytes, 0, bytes.length)

/** Fields of a message received: node's flat list of names and values, read only when somebody asks. */
export type RawFields = () => readonly string[]

export class Fields {
  immutable: boolean
  #list: Field[] | undefined
  #raw: RawFields | undefined
  #bytes = 0

  /** Mutable and empty, or immutable from `raw`. */
  constructor(raw?: RawFields) {
    this.immutable = raw !== undefined
    this.#raw = raw
    this.#list = raw === undefined ? [] : undefined
  }

  static fromList(entries: readonly Field[]): Result<Fields, HeaderError> {
    const fields = new Fields()
    for (let i = 0; i < entries.length; i++) {
      const [name, value] = entries[i]!
      const added = fields.append(name, value)
      if (added.tag === 'err') return added
    }
    return ok(fields)
  }

  /** All fields in order; the caller changes nothing. */
  entries(): readonly Field[] {
    return (this.#list ??= decode(this.#raw!()))
  }

  get(name: string): Uint8Array[] {
    const wanted = name.toLowerCase()
    const values: Uint8Array[] = []
    for (const field of this.entries()) if (field[0] === wanted) values.push(field[1])
    return values
  }

  has(name: string): boolean {
    const wanted = name.toLowerCase()
    for (const field of this.entries()) if (field[0] === wanted) return true
    return false
  }

  append(name: string, value: Uint8Array): Result<undefined, HeaderError> {
    const key = keyOf(name)
    if (key === undefined) return INVALID
    if (isForbidden(key)) return FORBIDDEN
    if (!isValueOf(key, value)) return INVALID
    if (this.immutable) return IMMUTABLE
    const bytes = this.#bytes + sizeOf(key, value)
    if (bytes > FIELDS_MAX_BYTES) return SIZE_EXCEEDED
    this.#bytes = bytes
    this.#list!.push([key, value])
    return DONE
  }

  set(name: string, values: readonly Uint8Array[]): Result<undefined, HeaderError> {
    const key = keyOf(name)
    if (key === undefined) return INVALID
    if (isForbidden(key)) return FORBIDDEN
    for (const value of values) if (!isValueOf(key, value)) return INVALID
    if (this.immutable) return IMMUTABLE
    let bytes = this.#bytes
    for (const [name, value] of this.#list!) if (name === key) bytes -= sizeOf(key, value)
    for (const value of values) bytes += sizeOf(key, value)
    if (bytes > FIELDS_MAX_BYTES) return SIZE_EXCEEDED
    this.#remove(key)
    for (const value of values) this.#list!.push([key, value])
    this.#bytes = bytes
    return DONE
  }

  delete(name: string): Result<undefined, HeaderError> {
    const key = keyOf(name)
    if (key === undefined) return INVALID
    if (isForbidden(key)) return FORBIDDEN
    if (this.immutable) return IMMUTABLE
    this.#remove(key)
    return DONE
  }

  /** Deletes them, and gives their values. */
  take(name: string): Result<Uint8Array[], HeaderError> {
    const values = this.get(name)
    const deleted = this.delete(name)
    return deleted.tag === 'ok' ? ok(values) : deleted
  }

  /** A mutable copy. */
  clone(): Fields {
    const copy = new Fields()
    const list = this.entries().slice()
    copy.#list = list
    for (const [name, value] of list) copy.#bytes += sizeOf(name, value)
    return copy
  }

  /** Adds them to `into` in node's flat form, all but content-length: the framing belongs to who writes the message. */
  writeTo(into: string[]): string[] {
    const list = this.entries()
    for (let i = 0; i < list.length; i++) {
      const field = list[i]!
      if (field[0] !== 'content-length') into.push(field[0], latin1(field[1]))
    }
    return into
  }

  /** What content-length says: undefined without one, -1 when several of them disagree. */
  contentLength(): number | undefined {
    let length: number | undefined
    const list = this.entries()
    for (let i = 0; i < list.length; i++) {
      const field = list[i]!
      if (field[0] !== 'content-length') continue
      const stated = parseLength(field[1]) ?? -1
      if (length !== undefined && length !== stated) return -1
      length = stated
    }
    return length
  }

  #remove(key: string): void {
    const list = this.#list!
    let kept = 0
    for (const field of list) {
      if (field[0] !== key) list[kept++] = field
      else this.#bytes -= sizeOf(key, field[1])
    }
    list.length = kept
  }
}

const sizeOf = (name: string, value: Uint8Array): number => name.length + value.length + FIELD_OVERHEAD_BYTES

// A content-length that is no number would be a lie about where the next message starts.
const isValueOf = (key: string, value: Uint8Array): boolean =>
  isFieldValue(value) && (key !== 'content-length' || parseLength(value) !== undefined)

function decode(raw: readonly string[]): Field[] {
  const list: Field[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (!isForbidden(name) && !name.startsWith(':')) list.push([name, Buffer.from(raw[i + 1]!, 'latin1')])
  }
  return list
}
