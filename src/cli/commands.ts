// cli/commands.ts: all commands by name. Only the one that runs is loaded.
import type {Command} from './command.ts'

export type Listed = Readonly<{summary: string; hidden?: true; load: () => Promise<Command<any>>}>

export const COMMANDS: Readonly<Record<string, Listed>> = {
  new: {
    summary: 'make a new app from a template',
    load: async () => (await import('./commands/new.ts')).command,
  },
  up: {
    summary: 'build what is stale, then serve',
    load: async () => (await import('./commands/up.ts')).command,
  },
  build: {
    summary: 'write standard components to disk',
    load: async () => (await import('./commands/build.ts')).command,
  },
  run: {
    summary: 'run a WebAssembly program once, with its own exit code',
    load: async () => (await import('./commands/run.ts')).command,
  },
  inspect: {
    summary: 'show what is in a component',
    load: async () => (await import('./commands/inspect.ts')).command,
  },
  types: {
    summary: 'write TypeScript declarations of what a component imports and exports',
    load: async () => (await import('./commands/types.ts')).command,
  },
  compose: {
    summary: "plug components' exports into another's imports",
    load: async () => (await import('./commands/compose.ts')).command,
  },
  doctor: {
    summary: 'show what this machine offers, and what to do about the rest',
    load: async () => (await import('./commands/doctor.ts')).command,
  },
  worker: {
    summary: 'one worker process of `up`',
    hidden: true,
    load: async () => (await import('./commands/worker.ts')).command,
  },
}

/** What people type for the commands above. */
export const ALIASES: Readonly<Record<string, string>> = {
  n: 'new',
  u: 'up',
  b: 'build',
  serve: 'up',
}
