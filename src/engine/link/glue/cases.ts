// engine/link/glue/cases.ts: how each variant-like type looks in JavaScript, as source text.
import {casesOf, type Type} from '../../abi/types.ts'
import {quote} from './names.ts'

export type EmittedCase = Readonly<{
  type: Type | undefined
  /** A condition on the value. */
  test: (value: string) => string
  /** The payload inside the value. */
  payload: (value: string) => string
  /** The value around a payload (unset for cases without one). */
  make: (payload: string | undefined) => string
}>

/** An option of an option, or of something that may itself be undefined, keeps a box around the inner one. */
export const isBoxed = (type: Type & {kind: 'option'}): boolean => type.element.kind === 'option'

/** The cases of a variant, option or result in order; enums have no payloads and are emitted as tables. */
export function emittedCases(type: Type): readonly EmittedCase[] {
  if (type.kind === 'option' && !isBoxed(type))
    return [
      {type: undefined, test: v => `${v}==null`, payload: v => v, make: () => 'undefined'},
      {type: type.element, test: v => `${v}!=null`, payload: v => v, make: payload => payload!},
    ]
  const tagOf = (label: string) => (type.kind === 'result' && label === 'error' ? 'err' : label)
  return casesOf(type)!.map(each => {
    const tag = quote(tagOf(each.label))
    return {
      type: each.type,
      test: (v: string) => `${v}.tag===${tag}`,
      payload: (v: string) => `${v}.val`,
      make: (payload: string | undefined) =>
        payload === undefined
          ? type.kind === 'result'
            ? `{tag:${tag},val:undefined}`
            : `{tag:${tag}}`
          : `{tag:${tag},val:${payload}}`,
    }
  })
}
