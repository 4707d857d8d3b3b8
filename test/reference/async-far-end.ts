// test/reference/async-far-end.ts: far-end.ts for asynchronous calls: lifted in each of the three forms, and answering at
// once or after it has yielded.
import type {FORMS} from './async-pair.ts'
import type {Encoding} from './canonical.ts'
import {type Far, prepareAnswer} from './far-end.ts'
import {libcText} from './pair.ts'

export type AsyncFarGuest = Readonly<{encoding: Encoding; form: (typeof FORMS)[number]; yields: boolean}>

const YIELD = 1

/** Gives back a list with one element: the lists that it was given and one of its own, all of them in memory. */
export function asyncFarEnd(
  far: Far,
  {encoding, form, yields}: AsyncFarGuest,
  func: string,
  list: string,
): string {
  const {at, fill, side, data} = prepareAnswer(far, {encoding, pointer: 'i32'})
  const result = side.allocate(4, 8)
  Buffer.from(side.bytes().buffer).writeUInt32LE(at, result)
  Buffer.from(side.bytes().buffer).writeUInt32LE(1, result + 4)
  const give = `(call $return (i32.const ${at}) (i32.const 1))`
  const pause = yields ? '(drop (call $yield))' : ''
  const body = {
    sync: `(result i32) ${fill} ${pause} (i32.const ${result})`,
    stackful: `${fill} ${pause} ${give}`,
    callback: `(result i32) ${fill} ${yields ? `(i32.const ${YIELD})` : `${give} (i32.const 0)`}`,
  }[form]
  const lifting = {
    sync: '',
    stackful: 'async',
    callback: 'async (callback (core func $main "callback"))',
  }[form]
  const memory = '(memory (core memory $libc "m"))'
  return `
    ${libcText('i32', data())}
    (core func $return (canon task.return (result ${list}) ${memory} string-encoding=${encoding}))
    (core func $yield (canon thread.yield))
    (core module $Main
      (import "libc" "m" (memory 4))
      (import "" "return" (func $return (param i32 i32)))
      (import "" "yield" (func $yield (result i32)))
      (func (export "next") ${'(param i32 i32) '.repeat(far.params.length)} ${body})
      (func (export "callback") (param i32 i32 i32) (result i32) ${give} (i32.const 0)))
    (core instance $main (instantiate $Main (with "libc" (instance $libc)) (with "" (instance
      (export "return" (func $return)) (export "yield" (func $yield))))))
    (func (export "next") ${func} (canon lift (core func $main "next")
      ${memory} (realloc (core func $libc "realloc")) string-encoding=${encoding} ${lifting}))`
}
