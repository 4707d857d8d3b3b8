// wasi/p3/sockets/options.ts: socket options, with the names and types of 0.3.
import {ok} from '../../../base/result.ts'
import {type HostItem, hostFunction} from '../../../engine/link/imports.ts'
import {type OptionValue, setOption, type WithOptions} from '../../sockets/options.ts'
import {CODE, told} from './error-code.ts'

/** 'get-x' and 'set-x' for each name, as methods of `resource`; `types` gives those of their values. */
export function optionFunctions(
  resource: string,
  types: Readonly<Record<string, string>>,
): Record<string, HostItem> {
  const self = `borrow<wasi:sockets/types@0.3#${resource}>`
  const items: Record<string, HostItem> = {}
  for (const [name, type] of Object.entries(types)) {
    items[`[method]${resource}.get-${name}`] = hostFunction(
      (_, socket: WithOptions) => ok(socket.options[name]),
      `func(${self}) -> result<${type}, ${CODE}>`,
    )
    items[`[method]${resource}.set-${name}`] = hostFunction(
      (_, socket: WithOptions, value: OptionValue) => told(setOption(socket, name, value)),
      `func(${self}, ${type}) -> result<_, ${CODE}>`,
    )
  }
  return items
}
