// cli/commands/compose.ts: mayfly compose.
import {relative, resolve} from 'node:path'
import {MayflyError} from '../../base/errors.ts'
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
    const file = (option: string, value: string): string => {
      if (/\.(wasm|wat)$/i.test(value)) return resolve(terminal.cwd, value)
      throw new MayflyError('CLI_BAD_VALUE', {
        option,
        value,
        reason: 'only components are composed',
        remedy: 'give a .wasm or .wat file; `mayfly build` makes one of an app',
      })
    }
    const output = resolve(terminal.cwd, values.output)
    const {composeFiles} = await import('../compose.ts')
    const {bytes, plugged, open, exports} = await composeFiles({
      socket: file('SOCKET.wasm', socket),
      plugs: values.plug.map(plug => file('--plug', plug)),
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
