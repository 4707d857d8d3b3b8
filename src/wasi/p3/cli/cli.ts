// wasi/p3/cli/cli.ts: the package wasi:cli at 0.3, but for `run`, which is the guest's to export.
import {hostFunction, hostResource} from '../../../engine/link/imports.ts'
import type {CliConfig} from '../../cli/cli.ts'
import {EXITS} from '../../cli/exit.ts'
import {type NamedInterface, p3Interface} from '../../interface.ts'
import {stdioInterfaces} from './stdio.ts'

/** A sandbox has no terminal. */
const noTerminal = (kind: 'input' | 'output') =>
  hostFunction(() => undefined, `func() -> option<own<wasi:cli/terminal-${kind}@0.3#terminal-${kind}>>`)

export function cliInterfaces(config: CliConfig = {}): readonly NamedInterface[] {
  const {environment = () => [], args = () => [], cwd} = config
  return [
    p3Interface('cli/environment', {
      'get-environment': hostFunction(environment, 'func() -> list<tuple<string, string>>'),
      'get-arguments': hostFunction(args, 'func() -> list<string>'),
      'get-initial-cwd': hostFunction(() => cwd, 'func() -> option<string>'),
    }),
    p3Interface('cli/exit', {
      exit: hostFunction(EXITS.exit, 'func(result)'),
      'exit-with-code': hostFunction(EXITS.exitWithCode, 'func(u8)'),
    }),
    ...stdioInterfaces(config),
    p3Interface('cli/terminal-input', {'terminal-input': hostResource()}),
    p3Interface('cli/terminal-output', {'terminal-output': hostResource()}),
    p3Interface('cli/terminal-stdin', {'get-terminal-stdin': noTerminal('input')}),
    p3Interface('cli/terminal-stdout', {'get-terminal-stdout': noTerminal('output')}),
    p3Interface('cli/terminal-stderr', {'get-terminal-stderr': noTerminal('output')}),
  ]
}
