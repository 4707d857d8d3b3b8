// cli/help.ts: the help texts, made from the same tables that argv is read by.
import type {Flag} from './args.ts'
import type {Command} from './command.ts'
import {COMMANDS} from './commands.ts'

export function overview(version: string): string {
  const rows = Object.entries(COMMANDS).filter(([, command]) => !command.hidden)
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    `mayfly ${version}: a fresh sandbox for every event`,
    '',
    'usage: mayfly COMMAND [OPTIONS]',
    '',
    ...rows.map(([name, {summary}]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '`mayfly help COMMAND` shows its options, `mayfly --version` shows the version.',
    '',
  ].join('\n')
}

export function commandHelp(command: Command<any>): string {
  const flags = Object.entries(command.flags as Record<string, Flag>).filter(([, flag]) => !flag.unsupported)
  const rows = flags.map(([name, flag]) => [flagSyntax(name, flag), flagHelp(flag)] as const)
  rows.push(['    --help', 'show this text'])
  const width = Math.max(...rows.map(([syntax]) => syntax.length))
  const lines = [
    `mayfly ${command.name}: ${command.summary}`,
    '',
    `usage: mayfly ${command.name} ${command.usage}`,
    '',
  ]
  for (const [syntax, help] of rows) lines.push(`  ${syntax.padEnd(width)}  ${help}`)
  if (command.details !== undefined) lines.push('', command.details)
  return `${lines.join('\n')}\n`
}

function flagSyntax(name: string, flag: Flag): string {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `
  return flag.type === 'switch' ? `${short}--${name}` : `${short}--${name} ${flag.value ?? 'VALUE'}`
}

function flagHelp(flag: Flag): string {
  const notes = [
    ...(flag.type === 'list' ? ['may be repeated'] : []),
    ...(flag.env === undefined ? [] : [`env ${flag.env}`]),
  ]
  return notes.length === 0 ? flag.help : `${flag.help} (${notes.join('; ')})`
}
