// build/places.ts: places in an app's folder as whole paths, for whoever stands elsewhere.
import {resolve} from 'node:path'
import {MayflyError, MayflyErrors} from '../base/errors.ts'

/** What was thrown, with `at.file` absolute instead of relative to `root`. */
export function placedIn(root: string, thrown: unknown): unknown {
  if (thrown instanceof MayflyErrors) return new MayflyErrors(thrown.errors.map(each => placed(root, each)))
  return thrown instanceof MayflyError ? placed(root, thrown) : thrown
}

function placed(root: string, error: MayflyError): MayflyError {
  const {code, details, at, cause} = error
  if (at?.file === undefined) return error
  return new MayflyError(code, details, {at: {...at, file: resolve(root, at.file)}, cause})
}
