// wasi/sockets/options.ts: socket options. Node sets few of them; the others are remembered and told, as WASI allows.
import {ok, type Result} from '../../base/result.ts'
import {type HostItem, hostFunction} from '../../engine/link/imports.ts'
import {type ErrorCode, fails} from './error-code.ts'

export type OptionValue = boolean | number | bigint

/** A socket with options; `applied` lets it pass changed ones on to the system. */
export interface WithOptions {
  readonly options: Record<string, OptionValue>
  applied(): void
}

/** WASI: a value of zero is an invalid argument. */
export function setOption(
  socket: WithOptions,
  name: string,
  value: OptionValue,
): Result<undefined, ErrorCode> {
  if (value === 0 || value === 0n) return fails('invalid-argument')
  socket.options[name] = value
  socket.applied()
  return ok(undefined)
}

/** 'x' and 'set-x' for each name, as methods of `resource`. */
export function optionFunctions(resource: string, names: readonly string[]): Record<string, HostItem> {
  const items: Record<string, HostItem> = {}
  for (const name of names) {
    items[`[method]${resource}.${name}`] = hostFunction((_, self: WithOptions) => ok(self.options[name]))
    items[`[method]${resource}.set-${name}`] = hostFunction((_, self: WithOptions, value: OptionValue) =>
      setOption(self, name, value),
    )
  }
  return items
}
