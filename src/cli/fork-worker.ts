// cli/fork-worker.ts: worker processes are forked by the launcher, which has begun with the first.
import type {ChildProcess} from 'node:child_process'

/** Forks a process that runs the script that was made of the sources, or the sources. */
export type ForkWorker = (code: 'script' | 'sources') => ChildProcess

let fork: ForkWorker | undefined

export function useForkWorker(forkWorker: ForkWorker): void {
  fork = forkWorker
}

/** A worker runs the script or the sources, as this process does. */
export const forkWorker = (): ChildProcess => fork!(import.meta.url.endsWith('.ts') ? 'sources' : 'script')
