// manifest/places.ts: where in its file each field of an App stands, kept apart from the App so that it stays plain data.
import type {Place} from '../base/errors.ts'
import type {App} from './app.ts'
import type {Spot} from './mistakes.ts'
import {formatPath, type Path} from './wording.ts'

export class PlaceIndex {
  readonly #spots = new Map<string, Spot>()
  readonly #aliases = new Map<string, Path>()

  set(path: Path, at: Spot): void {
    this.#spots.set(keyOf(path), at)
  }

  /** `path`, of two or three parts, was written at `written`: a component within its trigger, or in the old syntax. */
  alias(path: Path, written: Path): void {
    this.#aliases.set(keyOf(path), written)
  }

  /** The place of the field, else of what encloses it. */
  find(path: Path): {at: Spot; path: Path} | undefined {
    const sought = this.#written(path)
    for (let length = sought.length; length > 0; length--) {
      const at = this.#spots.get(keyOf(sought.slice(0, length)))
      if (at !== undefined) return {at, path}
    }
    return undefined
  }

  #written(path: Path): Path {
    for (const length of [3, 2]) {
      const written = this.#aliases.get(keyOf(path.slice(0, length)))
      if (written !== undefined) return [...written, ...path.slice(length)]
    }
    return path
  }
}

const keyOf = (path: Path): string => path.join('\u0000')
const indexes = new WeakMap<App, PlaceIndex>()

export const rememberPlaces = (app: App, index: PlaceIndex): void => void indexes.set(app, index)

/**
 * Where a field of the manifest stands, or the nearest table around it when the field itself is not written.
 * @param path in the manifest's terms: `component.cart.source`; as an array where a name holds dots
 * @returns only `file` for an App that was copied or read from JSON
 */
export function placeOf(app: App, path: string | Path): Place {
  const parts = typeof path === 'string' ? path.split('.') : path
  const found = indexes.get(app)?.find(parts)
  const table = formatPath(parts[0] === 'component' ? parts.slice(0, 2) : parts)
  return found === undefined ? {file: app.file} : {file: app.file, ...found.at, path: table}
}
