// engine/component/validate.fixtures.ts: what is wrong with a component, from its text.
import assert from 'node:assert/strict'
import {parse} from '@bytecodealliance/jco'
import {MayflyError} from '../../base/errors.ts'
import {decodeComponent} from './decode.ts'
import {validateComponent} from './validate.ts'

/** The refusal of the component with these definitions; undefined if it is valid. */
export async function check(text: string): Promise<string | undefined> {
  const component = decodeComponent(await parse(`(component ${text})`))
  try {
    validateComponent(component)
    return undefined
  } catch (error) {
    assert.ok(error instanceof MayflyError)
    assert.equal(error.code, 'VALIDATE_INVALID')
    assert.equal(typeof error.at?.byteOffset, 'number')
    return error.message
  }
}
