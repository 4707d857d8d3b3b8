// embed/found.ts: how messages call values that a program gives.

const LONGEST = 40
const nameOfView = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!

/** What a value is, in a few words; runs none of the value's own code. */
export function found(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return String(value)
    case 'string':
      return `the string ${JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value)}`
    case 'number':
      return `the number ${value}`
    case 'bigint':
      return value > -(2n ** 64n) && value < 2n ** 64n ? `the bigint ${value}n` : 'a larger bigint'
    case 'symbol':
      return 'a symbol'
    case 'function':
      return 'a function'
  }
  if (value === null) return 'null'
  if (value instanceof Promise) return 'a promise, which nobody has awaited'
  if (Array.isArray(value)) return 'an array'
  const view: string | undefined = nameOfView.call(value)
  return view === undefined ? 'an object' : `a ${view}`
}
