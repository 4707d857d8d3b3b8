// engine/link/glue/realloc-thread.ts: the thread that realloc runs on (CanonicalABI.md, reallocate): one of its own, whose
// context slots are empty. One does for all calls of an instance, which never overlap.
import type {Plan} from '../plan.ts'
import type {Source} from './source.ts'

/** Statements that declare the thread, have it run, and give way again; none where core code cannot tell. */
export function threadOfRealloc(
  plan: Plan,
  source: Source,
  instance: number,
): readonly [declare: string, begin: string, end: string] {
  const tells = plan.trampolines.some(each => each.kind === 'async' && each.instance === instance)
  if (!tells) return ['', '', '']
  const thread = source.name('thread_')
  return [
    `let ${thread};`,
    `${thread}??=startThread(scheduler,I${instance},'realloc');${thread}.storage[0]=${thread}.storage[1]=0;` +
      `const running=scheduler.current;scheduler.current=${thread};`,
    'scheduler.current=running;',
  ]
}
