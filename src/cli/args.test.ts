import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import fc from 'fast-check'
import {MayflyErrors} from '../base/errors.ts'
import {type Environment, type Flags, parseArgs} from './args.ts'

const FLAGS = {
  listen: {type: 'text', help: '', value: 'HOST:PORT', env: 'LISTEN'},
  quiet: {type: 'switch', help: '', short: 'q', env: 'QUIET'},
  verbose: {type: 'switch', help: '', short: 'v'},
  env: {type: 'list', help: '', short: 'e', env: 'ENVS'},
  workers: {type: 'number', help: '', short: 'w', min: 1},
  format: {type: 'text', help: '', choices: ['plain', 'json']},
  cache: {type: 'text', help: '', unsupported: true, env: 'CACHE'},
} as const satisfies Flags

const parse = (argv: readonly string[], env: Environment = {}) =>
  parseArgs({command: 'up', flags: FLAGS, maxPositionals: 1}, argv, env)

const codes = (argv: readonly string[], env: Environment = {}): string[] => {
  try {
    parse(argv, env)
    return []
  } catch (error) {
    assert(error instanceof MayflyErrors)
    return error.errors.map(
      ({code, message, hint}) => `${code}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
    )
  }
}

describe('parseArgs reads', () => {
  const cases: readonly [string, readonly string[], object, Environment?][] = [
    ['nothing', [], {}],
    ['a value after its flag', ['--listen', 'a:1'], {listen: 'a:1'}],
    ['a value after =', ['--listen=a=b'], {listen: 'a=b'}],
    ['an empty value', ['--listen='], {listen: ''}],
    ['the last of several', ['--listen', 'a', '--listen', 'b'], {listen: 'b'}],
    ['a short flag', ['-w', '3'], {workers: 3}],
    ['a short flag with its value', ['-w3'], {workers: 3}],
    ['a short flag with = and its value', ['-w=3'], {workers: 3}],
    ['joined switches', ['-qv'], {quiet: true, verbose: true}],
    ['a joined switch and value', ['-qw2'], {quiet: true, workers: 2}],
    ['a list', ['-e', 'A=1', '--env', 'B=2'], {env: ['A=1', 'B=2']}],
    ['a value that looks like a flag', ['--listen', '-q'], {listen: '-q'}],
    [
      'the environment',
      [],
      {listen: 'x:1', quiet: true, env: ['A=1']},
      {LISTEN: 'x:1', QUIET: 'true', ENVS: 'A=1'},
    ],
    ['the flag before the environment', ['--listen', 'y:2'], {listen: 'y:2'}, {LISTEN: 'x:1'}],
    ['an empty environment variable as none', [], {}, {LISTEN: '', QUIET: '0', CACHE: ''}],
  ]
  for (const [name, argv, expected, env] of cases) {
    test(name, () => {
      const defaults = {quiet: false, verbose: false, env: []}
      const {values, positionals} = parse(argv, env)
      assert.deepEqual(JSON.parse(JSON.stringify(values)), {...defaults, ...expected})
      assert.deepEqual(positionals, [])
    })
  }

  test('positionals, and all after -- as such', () => {
    assert.deepEqual(parse(['-q', 'app']).positionals, ['app'])
    assert.deepEqual(parse(['--', '-q']).positionals, ['-q'])
    assert.deepEqual(parse(['-']).positionals, ['-'])
  })

  test('--help before any mistake', () => {
    assert.equal(parse(['--nope', '--help']).help, true)
    assert.equal(parse(['-h']).help, true)
    assert.equal(parse([]).help, false)
  })
})

describe('parseArgs refuses', () => {
  const cases: readonly [string, readonly string[], readonly string[], Environment?][] = [
    [
      'an unknown option, naming the nearest',
      ['--listne', 'x'],
      ['CLI_UNKNOWN_OPTION: `mayfly up` has no option --listne (did you mean --listen?)', 'x'],
    ],
    [
      'an unknown option that is like none',
      ['--zzzzzz'],
      ['CLI_UNKNOWN_OPTION: `mayfly up` has no option --zzzzzz'],
    ],
    ['an unknown letter', ['-qz'], ['CLI_UNKNOWN_OPTION: `mayfly up` has no option -z']],
    [
      'a name that every object has',
      ['--toString'],
      ['CLI_UNKNOWN_OPTION: `mayfly up` has no option --toString'],
    ],
    ['a missing value', ['--listen'], ['CLI_MISSING_VALUE: --listen needs a value: --listen HOST:PORT']],
    ['a value for a switch', ['--quiet=1'], ['CLI_BAD_VALUE: --quiet cannot be "1": it takes no value']],
    [
      'a number that is none',
      ['-w', 'many'],
      ['CLI_BAD_VALUE: --workers cannot be "many": it is a whole number of at least 1'],
    ],
    [
      'a number that is too small',
      ['-w', '0'],
      ['CLI_BAD_VALUE: --workers cannot be "0": it is a whole number of at least 1'],
    ],
    [
      'a choice that is none',
      ['--format', 'xml'],
      ['CLI_BAD_VALUE: --format cannot be "xml": it is one of plain, json'],
    ],
    [
      'a flag of Spin that does nothing yet',
      ['--cache', 'x'],
      ['CLI_NOT_SUPPORTED: --cache is not supported yet (leave it out)'],
    ],
    [
      'its environment variable too',
      [],
      ['CLI_NOT_SUPPORTED: CACHE is not supported yet (leave it out)'],
      {CACHE: '1'},
    ],
    [
      'an argument too many',
      ['a', 'b'],
      ['CLI_UNEXPECTED_ARGUMENT: unexpected argument "b" (see `mayfly up --help`)'],
    ],
  ]
  for (const [name, argv, expected, env] of cases) {
    test(name, () =>
      assert.deepEqual(
        codes(argv, env),
        expected.filter(line => line !== 'x'),
      ),
    )
  }

  test('all mistakes at once', () => {
    assert.equal(codes(['--nope', '-w', '0', 'a', 'b']).length, 3)
  })

  test('or reads whatever is given, without any other error', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('--', '-', '-q', '-w', '--listen', '--env=', '-e', '--help', '--workers=1'),
    )
    fc.assert(fc.property(fc.array(word), argv => void codes(argv)))
  })
})
