// cli/commands/inspect.ts: mayfly inspect.
import {resolve} from 'node:path'
import {MayflyError} from '../../base/errors.ts'
import {defineCommand} from '../command.ts'

export const command = defineCommand({
  name: 'inspect',
  usage: 'app.wasm | app.wat [OPTIONS]',
  summary: "show a component's world, sizes, origin, and what its snapshot holds",
  flags: {
    format: {
      type: 'text',
      value: 'plain|json',
      choices: ['plain', 'json'],
      help: 'for people or for programs',
    },
  },
  maxPositionals: 1,
  async run({values, positionals, terminal}) {
    const [given] = positionals
    if (given === undefined)
      throw new MayflyError('CLI_MISSING_ARGUMENT', {argument: 'app.wasm', command: 'inspect'})
    const {inspectComponent} = await import('../compose.ts')
    const inspection = await inspectComponent(resolve(terminal.cwd, given))
    if (values.format === 'json') {
      terminal.out(`${JSON.stringify(inspection, null, 2)}\n`)
      return 0
    }
    const {renderInspection} = await import('../inspection.ts')
    terminal.out(renderInspection({...inspection, file: given}))
    return 0
  },
})
