// triggers/trigger.ts: what all triggers have in common: events that end, and a source of events that can be closed.
import type {MayflyError} from '../base/errors.ts'

/** How the guest's call for one event ended. Outcomes are data: nothing is thrown across the border. */
export type Outcome = Readonly<{kind: 'return'}> | Readonly<{kind: 'trap'; error: MayflyError}>

export const RETURNED: Outcome = {kind: 'return'}

/** A source of events under way: `await createHttpTrigger(…)`, later `await trigger.close(10_000)`. */
export interface Trigger {
  /**
   * Takes no more events, lets those under way finish for up to `graceMs` milliseconds, then aborts the rest.
   * Resolves when all are over.
   */
  close(graceMs: number): Promise<void>
}
