// engine/pool/prepared-component.ts: a linked component with its image: what sandboxes are made from.
import type {Guard} from '../link/guard.ts'
import type {GuestFunction, LinkedComponent} from '../link/linked-component.ts'
import {Runtime, type RuntimeState} from '../link/runtime.ts'
import {adoptInstance, applyData} from '../snapshot/adopt-instance.ts'
import {createMemoryBudget, type MemoryBudget} from '../snapshot/budget.ts'
import type {CoreInstanceState, Image, Tier} from '../snapshot/snapshot.ts'
import {Store} from '../store.ts'
import {asTrap, Sandbox} from './sandbox.ts'

export type PrepareOptions = Readonly<{
  tier: Tier
  /** One per thread. */
  guard: Guard
  /** The component's id in its app, for messages and capabilities. */
  component: string
  /** Limit on all memories of a sandbox together, in pages of 64 KiB. */
  limitPages: number
}>

type Made = {
  functions: readonly GuestFunction[]
  runtime: Runtime
  state: readonly CoreInstanceState[]
  budget: MemoryBudget
}

/** Why a component's sandboxes are initialised anew for each event instead of restored. */
export type AnewReason = Readonly<{reason: string}>

export class PreparedComponent {
  readonly linked: LinkedComponent
  readonly #options: PrepareOptions
  #image: {image: Image; runtime: RuntimeState} | undefined

  constructor(linked: LinkedComponent, options: PrepareOptions) {
    this.linked = linked
    this.#options = options
  }

  /** The image, once there is one. */
  get image(): Image | undefined {
    return this.#image?.image
  }

  /** Why no image of this component can be restored, by its code alone; undefined where one can. */
  get unrestorable(): string | undefined {
    return this.linked.leanModules.find(lean => lean.unrestorable !== undefined)?.unrestorable
  }

  /** Initialises one instance and keeps its state as the image. @throws TRAP_…, LIMIT_MEMORY */
  takeImage(): void {
    const {image, runtime} = this.initialImage()
    this.#image = {image, runtime}
  }

  /** Initialises one instance and captures it, without keeping it. */
  initialImage(): {image: Image; runtime: RuntimeState} {
    const made = this.#make('initialise')
    made.runtime.end()
    made.runtime.store.clear()
    return {image: this.#options.tier.capture(made.state), runtime: made.runtime.capture()}
  }

  /** A sandbox equal to the image; or, where there is none, one initialised for a single event. */
  make(): Sandbox {
    if (this.#image === undefined) {
      const made = this.#make('initialise')
      return new Sandbox({...made, restorer: undefined, initial: []})
    }
    const {image, runtime: initial} = this.#image
    const made = this.#make('adopt')
    const restorer = this.#options.tier.adopt(image, made.state)
    made.runtime.restore(initial)
    made.budget.settle()
    return new Sandbox({...made, restorer, initial})
  }

  #make(how: 'initialise' | 'adopt'): Made {
    const {component, guard, limitPages} = this.#options
    const runtime = new Runtime({
      store: new Store(component),
      guard,
      instances: this.linked.instances,
      hostResources: this.linked.hostResources,
    })
    const budget = createMemoryBudget({limitPages, component})
    const state: CoreInstanceState[] = []
    guard.begin()
    try {
      const steps = this.linked.instantiate(runtime)
      for (;;) {
        const step = steps.next()
        if (step.done) return {functions: step.value, runtime, state, budget}
        const {instance, exports} = step.value
        const lean = this.linked.leanModules[instance]!
        adoptInstance(lean, exports, {budget})
        state.push({lean, exports})
        if (how === 'adopt') continue
        applyData(lean, exports)
        if (lean.start !== undefined) {
          guard.enter()
          exports[lean.start]()
          guard.leave()
        }
      }
    } catch (error) {
      guard.leave()
      throw asTrap(error)
    }
  }

  dispose(): void {
    this.#image?.image.dispose()
    this.#image = undefined
  }
}
