// cli/commands/compose.ts: mayfly compose.
import {relative, resolve} from 'node:path'
import {MayflyError} from '../../base/errors.ts'
import {findSource} from '../app-source.ts'
import {defineCommand} from '../command.ts'
import {byteSize} from '../units.ts'

export const command = defineCommand({
  name: 'compose',
  usage: 'SOCKET.wasm --plug PLUG.wasm -o OUT.wasm',
  summary: "plug components' exports into another's imports",
  details: [
    'The result exports what the socket exports, and imports what is left open. Middleware is a socket: it imports the',
    'handler that it is put in front of.',
    '',
    'examples:',
    '  mayfly compose auth.wasm --plug shop.wasm -o shop-with-auth.wasm',
    '  mayfly compose app.wasm --plug store.wasm --plug mail.wasm -o whole.wasm',
  ].join('\n'),
  flags: {
    plug: {type: 'list', value: 'FILE', help: 'a component whose exports the socket imports'},
    output: {type: 'text', short: 'o', value: 'FILE', help: 'where the result goes'},
  },
  maxPositionals: 1,
  async run({values, positionals, terminal}) {
    const missing = (argument: string) =>
      new MayflyError('CLI_MISSING_ARGUMENT', {argument, command: 'compose'})
    const [socket] = positionals
    if (socket === undefined) throw missing('SOCKET.wasm')
    if (values.plug.length === 0) throw missing('--plug PLUG.wasm')
    if (values.output === undefined) throw missing('-o OUT.wasm')
    const file = (given: string): string => {
      const {kind, path} = findSource(given, terminal.cwd)
      if (kind !== 'component') throw new MayflyError('SOURCE_UNKNOWN', {path: given})
      return path
    }
    const output = resolve(terminal.cwd, values.output)
    const {composeFiles} = await import('../compose.ts')
    const {bytes, plugged, open, exports} = await composeFiles({
      socket: file(socket),
      plugs: values.plug.map(file),
      output,
    })
    const lines = [
      `${relative(terminal.cwd, output)} (${byteSize(bytes.length)})`,
      ...plugged.map(({name, by}) => `  plugged  ${name}  from ${by}`),
      ...open.map(name => `  open     ${name}`),
      ...exports.map(name => `  exports  ${name}`),
    ]
    terminal.out(`${lines.join('\n')}\n`)
    return 0
  },
})
