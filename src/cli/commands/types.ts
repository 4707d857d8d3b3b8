// cli/commands/types.ts: mayfly types.
import {relative, resolve} from 'node:path'
import {MayflyError} from '../../base/errors.ts'
import {findSource} from '../app-source.ts'
import {defineCommand} from '../command.ts'

export const command = defineCommand({
  name: 'types',
  usage: 'app.wasm | app.wat | spin.toml | DIR [OPTIONS]',
  summary: 'write TypeScript declarations of what a component imports and exports',
  details: [
    'examples:',
    '  mayfly types plugin.wasm > plugin.d.ts',
    '  mayfly types shop -o shop/types',
    '',
    "The declarations are for Mayfly's library: engine.load<World>('plugin.wasm', ...); see docs/embedding.md.",
  ].join('\n'),
  flags: {
    output: {
      type: 'text',
      short: 'o',
      value: 'DIR',
      help: 'write NAME.d.ts there instead of to standard output',
    },
    'component-id': {type: 'list', short: 'c', value: 'ID', help: 'only this component of the app'},
  },
  maxPositionals: 1,
  async run({values, positionals, terminal}) {
    const [given] = positionals
    if (given === undefined)
      throw new MayflyError('CLI_MISSING_ARGUMENT', {argument: 'app.wasm', command: 'types'})
    const source = findSource(given, terminal.cwd)
    const {declareTypes} = await import('../compose.ts')
    const declared = await declareTypes({
      source,
      folder: values.output === undefined ? undefined : resolve(terminal.cwd, values.output),
      components: values['component-id'],
    })
    if (values.output === undefined && declared.length > 1) {
      const ids = declared.map(({component}) => component).join(', ')
      throw new MayflyError('CLI_MISSING_ARGUMENT', {
        argument: `-o DIR, or -c with one of ${ids},`,
        command: 'types',
      })
    }
    for (const {text, path} of declared)
      terminal.out(path === undefined ? text : `${relative(terminal.cwd, path)}\n`)
    return 0
  },
})
