// engine/pool/program.ts: what sandboxes can be made of: a linked component, or a core module linked by itself.
import type {GuestFunction, LinkedComponent, MadeInstance} from '../link/linked-component.ts'
import type {Runtime} from '../link/runtime.ts'

/** Frozen; shared by all sandboxes. */
export interface Program
  extends Pick<LinkedComponent, 'who' | 'instances' | 'leanModules' | 'hostResources'> {
  /** The component instance that contains each; unset where there is but one. */
  readonly parents?: readonly (number | undefined)[]
  readonly exports: readonly ProgramExport[]
  /** A function that the core instance made last exports: initialisation calls it when all is made. */
  readonly initialise?: string | undefined
  /** Makes the core instances one after the other; the driver puts state into each before it asks for the next. */
  instantiate(runtime: Runtime): Generator<MadeInstance, GuestFunction[]>
}

export type ProgramExport = Readonly<{
  name: string
  /** A call writes the guest's memory between the runtime's onEnter and onLeave only, unless the guest waits. */
  writesOnlyInside: boolean
}>
