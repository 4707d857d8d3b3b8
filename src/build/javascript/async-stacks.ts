// build/javascript/async-stacks.ts: an engine that does not note the stack at which each promise was made.
//
// SpiderMonkey captures one for every promise where its option `asyncStack` is set, which StarlingMonkey leaves as it is:
// a fifth of what a small event costs, spent on frames that only an exception after an `await` would show. Nothing that
// an engine's user can call clears the option, so the instructions that ask for it are changed to find it cleared.
import {MayflyError} from '../../base/errors.ts'

/** Of JSContext's options, 16 bits at offset 112: `i32.load16_u offset=112; local.tee L; i32.const 256; i32.and`. */
const BEFORE_LOCAL = Uint8Array.of(0x2f, 0x00, 0x70, 0x22)
const AFTER_LOCAL = Uint8Array.of(0x41, 0x80, 0x02, 0x71)
/** The same in as many bytes, with no bit asked for. */
const NO_BIT = Uint8Array.of(0x41, 0x80, 0x00, 0x71)

/** In the creation of promises, with and without an executor, in their resolution and in that of async functions. */
const PLACES = 4

/**
 * A copy of `engine` in which no promise captures the stack.
 * @throws BUILD_ENGINE where the engine is not the one that this was made for
 */
export function withoutAsyncStacks(engine: Uint8Array): Uint8Array {
  const changed = Buffer.from(engine)
  let found = 0
  for (let at = changed.indexOf(BEFORE_LOCAL); at >= 0; at = changed.indexOf(BEFORE_LOCAL, at + 1)) {
    const test = at + BEFORE_LOCAL.length + 1
    if (!changed.subarray(test, test + AFTER_LOCAL.length).equals(AFTER_LOCAL)) continue
    changed.set(NO_BIT, test)
    found++
  }
  if (found !== PLACES)
    throw new MayflyError('BUILD_ENGINE', {
      reason: `its code asks for asyncStack in ${found} places, not in ${PLACES}: this version of componentize-js is not known`,
    })
  return changed
}
