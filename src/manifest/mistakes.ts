// manifest/mistakes.ts: collects what is wrong, so that everything can be shown at once.
import {type Details, type ErrorCode, MayflyError, MayflyErrors} from '../base/errors.ts'
import type {Path} from './wording.ts'
import {formatPath} from './wording.ts'

/** A place in the manifest's text; both count from 1, columns in UTF-16 units. */
export type Spot = Readonly<{line: number; column: number}>

/** How many mistakes are worded; a hostile manifest holds tens of thousands. */
const MOST_MISTAKES = 100

export class Mistakes {
  readonly file: string
  readonly #found: MayflyError[] = []
  #count = 0

  constructor(file: string) {
    this.file = file
  }

  get any(): boolean {
    return this.#count > 0
  }

  /** `details` is only worded when it will be shown; `table` is the path of the table the mistake is in. */
  add(code: ErrorCode, at: Spot, table: Path, details: () => Details): void {
    if (++this.#count > MOST_MISTAKES) return
    const place = {file: this.file, line: at.line, column: at.column}
    const path = formatPath(table)
    this.#found.push(new MayflyError(code, details(), {at: path === '' ? place : {...place, path}}))
  }

  /** @throws MayflyErrors, in the order of the text, when there is any */
  throwIfAny(): void {
    if (!this.any) return
    const errors = this.#found.sort((a, b) => order(a) - order(b))
    const more = this.#count - errors.length
    if (more > 0)
      errors.push(new MayflyError('MANIFEST_MORE_MISTAKES', {count: more}, {at: errors.at(-1)!.at!}))
    throw new MayflyErrors(errors)
  }
}

const order = ({at}: MayflyError): number => (at?.line ?? 0) * 2 ** 22 + (at?.column ?? 0)
