// cli/commands/help.ts: mayfly help.
import {MayflyError} from '../../base/errors.ts'
import {nearest} from '../../manifest/nearest.ts'
import {defineCommand} from '../command.ts'
import {ALIASES, COMMANDS} from '../commands.ts'
import {commandHelp, overview} from '../help.ts'
import {version} from '../version.ts'

export const command = defineCommand({
  name: 'help',
  usage: '[COMMAND]',
  summary: 'show how a command is used',
  flags: {},
  maxPositionals: 1,
  async run({positionals, terminal}) {
    const [given] = positionals
    if (given === undefined) {
      terminal.out(overview(version()))
      return 0
    }
    const name = ALIASES[given] ?? given
    if (!Object.hasOwn(COMMANDS, name)) {
      const known = nearest(given, Object.keys(COMMANDS))
      const suggestion = known === undefined ? 'see `mayfly help`' : `did you mean \`mayfly help ${known}\`?`
      throw new MayflyError('CLI_UNKNOWN_COMMAND', {name: given, suggestion})
    }
    terminal.out(commandHelp(await COMMANDS[name]!.load()))
    return 0
  },
})
