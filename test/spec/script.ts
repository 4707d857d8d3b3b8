// test/spec/script.ts: a .wast script as commands.
import {type Const, readConst} from './values.ts'
import {type List, lineOf, type Node, readWast} from './wast.ts'

/** A component or core module, as bytes or still as text. */
export type Source =
  | Readonly<{kind: 'binary'; bytes: Uint8Array; core: boolean}>
  | Readonly<{kind: 'text'; text: string; core: boolean}>

export type Action = Readonly<{
  kind: 'invoke'
  instance: string | undefined
  name: string
  args: readonly Const[]
}>

export type Command = Readonly<{line: number}> &
  (
    | Readonly<{kind: 'component'; name: string | undefined; source: Source; instantiate: boolean}>
    | Readonly<{kind: 'instance'; name: string | undefined; component: string | undefined}>
    | Readonly<{kind: 'register'; as: string; instance: string | undefined}>
    | Readonly<{kind: 'action'; action: Action}>
    | Readonly<{kind: 'assert_return'; action: Action; results: readonly Const[]}>
    | Readonly<{kind: 'assert_trap'; action: Action | Source; message: string}>
    | Readonly<{
        kind: 'assert_invalid' | 'assert_malformed' | 'assert_unlinkable'
        source: Source
        message: string
      }>
  )

/** @throws Error with the line if a form is not known */
export function parseScript(text: string): Command[] {
  return readWast(text).map(form => readCommand(text, form))
}

const keyword = (node: Node | undefined): string | undefined =>
  node?.kind === 'atom' ? node.text : undefined
const identifier = (node: Node | undefined): string | undefined => {
  const text = keyword(node)
  return text?.startsWith('$') ? text : undefined
}

function readCommand(text: string, form: List): Command {
  const line = lineOf(text, form.start)
  const fail = (what: string): never => {
    throw new Error(`line ${line}: ${what}`)
  }
  const list = (node: Node | undefined): List => (node?.kind === 'list' ? node : fail('expected a list'))
  const string = (node: Node | undefined): string =>
    node?.kind === 'string' ? new TextDecoder().decode(node.bytes) : fail('expected a string')
  const [head, first, second, ...rest] = form.items
  const kind = keyword(head)
  switch (kind) {
    case 'component':
      if (keyword(first) === 'instance') {
        return {line, kind: 'instance', name: identifier(second), component: identifier(rest[0])}
      }
      return {line, kind, ...readComponent(text, form)}
    case 'register':
      return {line, kind, as: string(first), instance: identifier(second)}
    case 'invoke':
      return {line, kind: 'action', action: readAction(form)}
    case 'assert_return': {
      const results = form.items.slice(2).map(item => readConst(list(item)))
      return {line, kind, action: readAction(list(first)), results}
    }
    case 'assert_trap': {
      const subject = list(first)
      const action =
        keyword(subject.items[0]) === 'invoke' ? readAction(subject) : readComponent(text, subject).source
      return {line, kind, action, message: string(second)}
    }
    case 'assert_invalid':
    case 'assert_malformed':
    case 'assert_unlinkable':
      return {line, kind, source: readComponent(text, list(first)).source, message: string(second)}
    default:
      return fail(`unknown form ${kind}`)
  }
}

function readAction(form: List): Action {
  const instance = identifier(form.items[1])
  const [name, ...args] = form.items.slice(instance === undefined ? 1 : 2)
  if (name?.kind !== 'string') throw new Error('invoke needs a name')
  return {
    kind: 'invoke',
    instance,
    name: new TextDecoder().decode(name.bytes),
    args: args.map(arg => readConst(arg as List)),
  }
}

/** `(component definition? $id? binary? quote? ...)`, and the same with `module`. */
function readComponent(
  text: string,
  form: List,
): {name: string | undefined; source: Source; instantiate: boolean} {
  const core = keyword(form.items[0]) === 'module'
  const definition = form.items[1]
  const instantiate = keyword(definition) !== 'definition'
  const rest = form.items.slice(instantiate ? 1 : 2)
  const name = identifier(rest[0])
  const body = name === undefined ? rest : rest.slice(1)
  const form2 = keyword(body[0])
  if (form2 === 'binary' || form2 === 'quote') {
    const bytes = new Uint8Array(
      Buffer.concat(body.slice(1).map(node => (node.kind === 'string' ? node.bytes : Buffer.of()))),
    )
    const quoted = (): string => `(${core ? 'module' : 'component'} ${new TextDecoder().decode(bytes)})`
    const source: Source =
      form2 === 'binary' ? {kind: 'binary', bytes, core} : {kind: 'text', text: quoted(), core}
    return {name, source, instantiate}
  }
  // The text parser knows no `definition`.
  const head = instantiate || definition === undefined ? form.start : definition.end
  const source = instantiate ? '' : '(component'
  return {name, source: {kind: 'text', text: source + text.slice(head, form.end), core}, instantiate}
}
