// engine/link/guest-resource.ts: a resource that a component defines, as its host holds it.
import {trap} from '../abi/trap.ts'
import type {Resource} from '../abi/types.ts'

/** What a sandbox serves; afterwards its numbers mean other things. */
export type Event = {over: boolean}

/** What a component has for a resource: an i32 or an i64. */
export type Rep = number | bigint

/** An owned resource of a guest; drop it when it is no longer needed. It ends with its sandbox's event at the latest. */
export class GuestResource {
  readonly #resource: Resource
  #rep: Rep | undefined
  readonly #destroy: ((rep: Rep) => void) | undefined
  readonly #event: Event

  /** `destroy` is unset for a borrow. */
  constructor(
    resource: Resource,
    rep: Rep,
    destroy: ((rep: Rep) => void) | undefined,
    event: Event = {over: false},
  ) {
    this.#resource = resource
    this.#rep = rep
    this.#destroy = destroy
    this.#event = event
  }

  /** Runs the component's destructor. */
  drop(): void {
    const rep = this.take(this.#resource)
    this.#destroy?.(rep)
  }

  /** The component's own representation, without giving the resource away. @throws TRAP_BAD_HANDLE */
  rep(resource: Resource): Rep {
    if (resource !== this.#resource)
      trap('TRAP_BAD_HANDLE', `the host gave a ${this.#resource.name} where a ${resource.name} is due`)
    if (this.#event.over) trap('TRAP_BAD_HANDLE', `the host gave a ${resource.name} of an event that is over`)
    if (this.#rep === undefined)
      trap('TRAP_BAD_HANDLE', `the host gave a ${resource.name} that it no longer owns`)
    return this.#rep
  }

  /** Gives the resource away. @throws TRAP_BAD_HANDLE */
  take(resource: Resource): Rep {
    const rep = this.rep(resource)
    this.#rep = undefined
    return rep
  }
}
