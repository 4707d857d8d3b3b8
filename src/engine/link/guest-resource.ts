// engine/link/guest-resource.ts: a resource that a component defines, as its host holds it.
import {trap} from '../abi/trap.ts'
import type {Resource} from '../abi/types.ts'

/** An owned resource of a guest; drop it when it is no longer needed. It ends with its sandbox's event at the latest. */
export class GuestResource {
  readonly #resource: Resource
  #rep: number | undefined
  readonly #destroy: ((rep: number) => void) | undefined

  /** `destroy` is unset for a borrow. */
  constructor(resource: Resource, rep: number, destroy: ((rep: number) => void) | undefined) {
    this.#resource = resource
    this.#rep = rep
    this.#destroy = destroy
  }

  /** Runs the component's destructor. */
  drop(): void {
    const rep = this.take(this.#resource)
    this.#destroy?.(rep)
  }

  /** The component's own representation, without giving the resource away. @throws TRAP_BAD_HANDLE */
  rep(resource: Resource): number {
    if (resource !== this.#resource)
      trap('TRAP_BAD_HANDLE', `the host gave a ${this.#resource.name} where a ${resource.name} is due`)
    if (this.#rep === undefined)
      trap('TRAP_BAD_HANDLE', `the host gave a ${resource.name} that it no longer owns`)
    return this.#rep
  }

  /** Gives the resource away. @throws TRAP_BAD_HANDLE */
  take(resource: Resource): number {
    const rep = this.rep(resource)
    this.#rep = undefined
    return rep
  }
}
