// wasi/cli/terminal.ts: wasi:cli/terminal-*. A sandbox has no terminal.
import {hostFunction, hostResource} from '../../engine/link/imports.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'

const none = hostFunction(() => undefined)

export const terminalInterfaces: readonly NamedInterface[] = [
  wasiInterface('cli/terminal-input', {'terminal-input': hostResource()}),
  wasiInterface('cli/terminal-output', {'terminal-output': hostResource()}),
  wasiInterface('cli/terminal-stdin', {'get-terminal-stdin': none}),
  wasiInterface('cli/terminal-stdout', {'get-terminal-stdout': none}),
  wasiInterface('cli/terminal-stderr', {'get-terminal-stderr': none}),
]
