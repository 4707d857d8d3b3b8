// test/reference/closed.ts: the two components of pair.ts or async-pair.ts before one that answers: compositions that
// import nothing but types, which any runtime runs, host → A → B → C and back.
import {type AsyncFarGuest, asyncFarEnd} from './async-far-end.ts'
import {type AsyncGuest, guest} from './async-pair.ts'
import {edge} from './edge.ts'
import {answerOf, type Far, farEnd} from './far-end.ts'
import {type Abi, body, funcText} from './pair.ts'
import {type Type, TypeText} from './type.ts'

export type Signature = Readonly<{params: readonly Type[]; result: Type | undefined}>

export type Closed = Readonly<{far: Far; a: Abi; b: Abi; c: Abi}>

/** Everything is passed in lists, the answer too: elements of `far` are lists, and one list holds what it answers. */
export type AsyncClosed = Readonly<{far: Far; a: AsyncGuest; b: AsyncGuest; c: AsyncFarGuest}>

export const signatureOf = ({far}: Closed): Signature => ({params: far.params, result: answerOf(far)})

export const asyncSignatureOf = ({far}: AsyncClosed): Signature => ({
  params: far.params,
  result: {kind: 'list', of: answerOf(far)!, length: undefined},
})

/** The signature that faces the host. */
export const edgeOf = ({params, result}: Signature): Signature => ({
  params: params.map(edge),
  result: result && edge(result),
})

export function closedText(closed: Closed): string {
  const signature = signatureOf(closed)
  const spec = {...closed, ...signature, mayBlock: false}
  return composed(signature, '', {
    a: func => body(spec, closed.a, func),
    b: func => body(spec, closed.b, func),
    c: func => farEnd(closed.far, closed.c, func),
  })
}

export function asyncClosedText(closed: AsyncClosed): string {
  const {params} = closed.far
  return composed(asyncSignatureOf(closed), 'async', {
    a: (func, result) => guest({params}, closed.a, func, result),
    b: (func, result) => guest({params}, closed.b, func, result),
    c: (func, result) => asyncFarEnd(closed.far, closed.c, func, result),
  })
}

/** Text of a component behind its imports; `func` and `result` are the types that it is called by. */
type Body = (func: string, result: string) => string

function composed(
  signature: Signature,
  effect: '' | 'async',
  parts: Readonly<Record<'a' | 'b' | 'c', Body>>,
): string {
  const inner = new TypeText()
  const outer = new TypeText('e')
  const write = (text: TypeText, {params, result}: Signature): [func: string, result: string] => [
    `${effect} ${funcText(text, {params, result})}`,
    result === undefined ? '' : text.of(result),
  ]
  const between = write(inner, signature)
  const facing = write(outer, edgeOf(signature))
  const types = inner.definitions.join('\n    ')
  const edges = outer.definitions.join('\n    ')
  const scope = `(import "r" (type $r (sub resource)))
    ${types}`
  const next = `(import "next" (func $next ${between[0]}))`
  const args = `(with "r" (type $r)) ${inner.args.join(' ')}`
  return `(component
    (type $r (resource (rep i32)))
    ${types}
    ${edges}
  (component $C
    ${scope}${parts.c(...between)})
  (component $B
    ${scope}
    ${next}${parts.b(...between)})
  (component $A
    ${scope}
    ${edges}
    ${next}${parts.a(...facing)})
  (instance $c (instantiate $C ${args}))
  (instance $b (instantiate $B ${args} (with "next" (func $c "next"))))
  (instance $a (instantiate $A ${args} ${outer.args.join(' ')} (with "next" (func $b "run"))))
  (export "run" (func $a "run")))`
}
