// manifest/tool.ts: the tables of tools; ours is `mayfly`, the others' are kept as they are.
import type {Limits, MayflySettings} from './app.ts'
import {type Check, choice, conflict, integer, list} from './check.ts'
import {compact} from './compact.ts'
import {jsonTable} from './json.ts'
import {filePath, requestPath} from './names.ts'
import {type Fields, openTable, optional, type Read, ruled, table} from './table.ts'

/** Milliseconds of processor time, milliseconds in which nothing happens, MB of all memories, sandboxes at once. */
export const DEFAULT_LIMITS: Limits = {cpuMs: 5000, idleMs: 60_000, memoryMb: 512, concurrency: 'auto'}

// The longest time that a timer can be set to; the other limits need no more.
const positive = integer({least: 1, most: 2 ** 31 - 1})

const limits = table({
  cpu_ms: optional(positive),
  idle_ms: optional(positive),
  memory_mb: optional(positive),
  concurrency: optional(positive),
})

const shared = {limits: optional(limits), snapshot: optional(choice('auto', 'after-init', 'never'))}
const ofComponent = {...shared, entry: optional(filePath), warm_up: optional(list(requestPath))}

const tools = <F extends Fields>(mayfly: Check<Read<F>>) => openTable({mayfly: optional(mayfly)}, jsonTable)

export const applicationTools = tools(table(shared))

export const componentTools = tools(
  ruled(table(ofComponent), ({entries}, path, reader) => {
    const warmUp = entries.get('warm_up')
    if (warmUp === undefined) return
    const script = entries.get('entry')?.value
    if (script?.kind !== 'string' || script.value.endsWith('.wat'))
      conflict(warmUp.keyAt, path, reader, {
        reason: 'only a handler in JavaScript or TypeScript, named by entry, is warmed up',
        remedy: 'remove warm_up',
      })
  }),
)

/** What is set for the component, else for the application, else by default. */
export function settingsOf(
  component: Partial<Read<typeof ofComponent>> = {},
  application: Partial<Read<typeof shared>> = {},
): MayflySettings {
  const [near, far] = [component.limits, application.limits]
  return compact({
    limits: {
      cpuMs: near?.cpu_ms ?? far?.cpu_ms ?? DEFAULT_LIMITS.cpuMs,
      idleMs: near?.idle_ms ?? far?.idle_ms ?? DEFAULT_LIMITS.idleMs,
      memoryMb: near?.memory_mb ?? far?.memory_mb ?? DEFAULT_LIMITS.memoryMb,
      concurrency: near?.concurrency ?? far?.concurrency ?? DEFAULT_LIMITS.concurrency,
    },
    snapshot: component.snapshot ?? application.snapshot ?? 'auto',
    entry: component.entry,
    warmUp: component.warm_up,
  })
}
