// cli/args.ts: a command's flags as a table, and argv read by it. Every mistake is found in one pass.
import {type ErrorCode, MayflyError, MayflyErrors} from '../base/errors.ts'
import {nearest} from '../manifest/nearest.ts'

export type Flag = Readonly<{
  /** switch: no value. text, number: the last one given counts. list: may be repeated. */
  type: 'switch' | 'text' | 'number' | 'list'
  help: string
  /** One letter, without its hyphen. */
  short?: string
  /** What stands for the value in the help text. */
  value?: string
  /** Environment variable that gives the value when the flag is absent. */
  env?: string
  choices?: readonly string[]
  /** For numbers: the least value. */
  min?: number
  /** A flag of Spin's that is known but does nothing here yet: refused when it is used. */
  unsupported?: true
}>

export type Flags = Readonly<Record<string, Flag>>

type ValueOf<F extends Flag> = F['type'] extends 'switch'
  ? boolean
  : F['type'] extends 'list'
    ? readonly string[]
    : (F['type'] extends 'number' ? number : string) | undefined

/** The values by flag name: switches and lists are always there, the others may be undefined. */
export type Values<T extends Flags> = Readonly<{[K in keyof T]: ValueOf<T[K]>}>

export type Parsed<T extends Flags> = Readonly<{
  values: Values<T>
  positionals: readonly string[]
  help: boolean
}>

export type Grammar<T extends Flags> = Readonly<{
  /** The command's name, for messages. */
  command: string
  flags: T
  /** How many positional arguments are allowed. */
  maxPositionals: number
}>

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads `argv` by the command's flags: `--name value`, `--name=value`, `-n value`, `-nvalue`, joined switches `-qv`, and
 * `--`, after which everything is positional.
 * @throws MayflyErrors holding every CLI_ mistake found
 */
export function parseArgs<T extends Flags>(
  grammar: Grammar<T>,
  argv: readonly string[],
  env: Environment,
): Parsed<T> {
  const {command, flags} = grammar
  const found = new Map<string, string | true | string[]>()
  const positionals: string[] = []
  const errors: MayflyError[] = []
  const fail = (code: ErrorCode, details: Record<string, string>): void => {
    errors.push(new MayflyError(code, {command, ...details}))
  }
  const byShort = new Map(
    Object.entries(flags).flatMap(([name, flag]) => (flag.short ? [[flag.short, name]] : [])),
  )
  let help = false

  const take = (name: string, shown: string, value: string | undefined): void => {
    const flag = flags[name]!
    if (flag.unsupported) {
      fail('CLI_NOT_SUPPORTED', {what: shown})
    } else if (flag.type === 'switch') {
      if (value === undefined) found.set(name, true)
      else fail('CLI_BAD_VALUE', {option: shown, value, reason: 'it takes no value'})
    } else if (value === undefined) {
      fail('CLI_MISSING_VALUE', {option: shown, value: flag.value ?? 'VALUE'})
    } else if (flag.type === 'list') {
      const list = found.get(name)
      if (Array.isArray(list)) list.push(value)
      else found.set(name, [value])
    } else found.set(name, value)
  }

  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!
    const following = (name: string): string | undefined =>
      flags[name]!.type === 'switch' || i + 1 >= argv.length ? undefined : argv[++i]
    if (argument === '--') {
      positionals.push(...argv.slice(i + 1))
      break
    }
    if (argument === '--help' || (argument === '-h' && !byShort.has('h'))) {
      help = true
    } else if (argument.startsWith('--')) {
      const equals = argument.indexOf('=')
      const name = equals < 0 ? argument.slice(2) : argument.slice(2, equals)
      if (!Object.hasOwn(flags, name)) fail('CLI_UNKNOWN_OPTION', unknownOption(`--${name}`, name, flags))
      else take(name, `--${name}`, equals < 0 ? following(name) : argument.slice(equals + 1))
    } else if (argument.startsWith('-') && argument !== '-') {
      for (let j = 1; j < argument.length; j++) {
        const letter = argument[j]!
        const name = byShort.get(letter)
        if (name === undefined) {
          fail('CLI_UNKNOWN_OPTION', unknownOption(`-${letter}`, letter, flags))
          break
        }
        if (flags[name]!.type === 'switch') {
          take(name, `-${letter}`, undefined)
          continue
        }
        const rest = argument.slice(j + 1).replace(/^=/, '')
        take(name, `-${letter}`, rest === '' ? following(name) : rest)
        break
      }
    } else positionals.push(argument)
  }

  for (const argument of positionals.slice(grammar.maxPositionals))
    fail('CLI_UNEXPECTED_ARGUMENT', {argument})
  const values: Record<string, unknown> = {}
  for (const [name, flag] of Object.entries(flags)) {
    const given = found.get(name)
    const fromEnv = given === undefined && flag.env !== undefined ? env[flag.env] || undefined : undefined
    const shown = fromEnv === undefined ? `--${name}` : flag.env!
    const value = given ?? (fromEnv !== undefined && flag.type === 'list' ? [fromEnv] : fromEnv)
    if (fromEnv !== undefined && flag.unsupported) fail('CLI_NOT_SUPPORTED', {what: shown})
    else values[name] = convert(flag, shown, value, fail)
  }
  if (errors.length > 0 && !help) throw new MayflyErrors(errors)
  return {values: values as Values<T>, positionals, help}
}

function convert(
  flag: Flag,
  option: string,
  value: string | true | string[] | undefined,
  fail: (code: ErrorCode, details: Record<string, string>) => void,
): unknown {
  if (flag.type === 'switch')
    return value === true || (typeof value === 'string' && /^(1|true|yes|on)$/i.test(value))
  if (flag.type === 'list') return value ?? []
  if (typeof value !== 'string') return undefined
  if (flag.choices !== undefined && !flag.choices.includes(value)) {
    fail('CLI_BAD_VALUE', {option, value, reason: `it is one of ${flag.choices.join(', ')}`})
  }
  if (flag.type === 'text') return value
  const number = Number(value)
  if (/^\d{1,15}$/.test(value) && number >= (flag.min ?? 0)) return number
  fail('CLI_BAD_VALUE', {option, value, reason: `it is a whole number of at least ${flag.min ?? 0}`})
  return undefined
}

function unknownOption(option: string, name: string, flags: Flags): Record<string, string> {
  const known = nearest(name, Object.keys(flags))
  return known === undefined ? {option} : {option, suggestion: `did you mean --${known}?`}
}
