// manifest/build.ts: how a component is built by commands.
import type {Build} from './app.ts'
import {type Check, either, list, textWhere, then} from './check.ts'
import {compact} from './compact.ts'
import {patterns} from './files.ts'
import {filePath} from './names.ts'
import {optional, required, table} from './table.ts'

const command = textWhere('a command', text =>
  text.trim() === '' || text.includes('\u0000') ? true : undefined,
)
const EXAMPLE = 'command = "npm run build"'

/** One command or several, which run in this order. */
export const commands: Check<readonly string[]> = either('a command or an array of commands', {
  string: then(command, one => [one]),
  array: list(command),
})

export const build: Check<Build> = then(
  table({command: required(commands, EXAMPLE), workdir: optional(filePath), watch: optional(patterns, [])}),
  ({command, workdir, watch}) => compact({commands: command, workdir, watch}),
)

/** In a profile only the commands differ. */
export const profileBuild = table({command: required(commands, EXAMPLE)})
