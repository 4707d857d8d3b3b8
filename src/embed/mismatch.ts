// embed/mismatch.ts: a value that is not of its type, and where in a larger one it stands.
import {MayflyError} from '../base/errors.ts'
import {found} from './found.ts'

export class Mismatch {
  readonly expected: string
  readonly found: string
  path = ''

  /** `part` is what of the value is wrong, if it is not all of it. */
  constructor(expected: string, value: unknown, part?: unknown) {
    this.expected = expected
    this.found = part === undefined ? found(value) : `${found(value)} with ${found(part)}`
  }
}

/** Checks a part of a value. */
export function inside(part: string, check: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return check(value)
  } catch (error) {
    if (error instanceof Mismatch) error.path = part + error.path
    throw error
  }
}

/**
 * Checks a whole value; `what` is how messages call it.
 * @throws EMBED_BAD_VALUE, also where reading the value throws
 */
export function conforming(what: string, check: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return check(value)
  } catch (error) {
    if (!(error instanceof Mismatch)) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new MayflyError(
        'EMBED_BAD_VALUE',
        {what, expected: 'a value that can be read', found: `one that throws: ${reason}`},
        {cause: error},
      )
    }
    const {expected, path} = error
    const place = path === '' ? what : `${what} (at ${path.replace(/^\./, '')})`
    throw new MayflyError('EMBED_BAD_VALUE', {what: place, expected, found: error.found})
  }
}
