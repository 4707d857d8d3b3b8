// engine/pool/prepared-component.ts: a linked component, or another program, with its image: what sandboxes are made from.
import {MayflyError} from '../../base/errors.ts'
import {type Decision, decide, type Initialised, type RenewedSeed, type SnapshotMode} from '../init/decide.ts'
import type {Draw, Entropy} from '../init/entropy.ts'
import type {Guard, Overrun} from '../link/guard.ts'
import type {GuestFunction} from '../link/linked-component.ts'
import {Runtime} from '../link/runtime.ts'
import {adoptInstance, applyData} from '../snapshot/adopt-instance.ts'
import {createMemoryBudget, type MemoryBudget} from '../snapshot/budget.ts'
import type {CoreInstanceState, Image, Tier} from '../snapshot/snapshot.ts'
import {Store} from '../store.ts'
import type {Program, ProgramExport} from './program.ts'
import {asTrap, Sandbox, type SandboxLimits} from './sandbox.ts'

export type PrepareOptions = Readonly<{
  tier: Tier
  /** One per thread. */
  guard: Guard
  /** The component's id in its app, for messages and capabilities. */
  component: string
  /** Limit on all memories of a sandbox together, in pages of 64 KiB. */
  limitPages: number
  limits: SandboxLimits
  snapshot: SnapshotMode
  /** The Random and Clock that the linked host functions use. */
  entropy: Entropy
  /** Processor time that making the image may take; by default as much as an event, but `LEAST_IMAGE_MS` at least. */
  imageMs?: number
  /** Called when the initialisation that makes the image was stopped for taking too long; it does not return then. */
  onStopped?: (error: MayflyError) => void
}>

type Made = {
  functions: readonly GuestFunction[]
  exports: readonly ProgramExport[]
  runtime: Runtime
  state: readonly CoreInstanceState[]
  budget: MemoryBudget
}

/** It is done once and keeps no event waiting: a short limit of events would keep interpreters from starting. */
const LEAST_IMAGE_MS = 5_000

/** Whose time an initialisation is. */
type Payer = Readonly<{
  limitMs: number
  code: 'LIMIT_CPU' | 'LIMIT_START'
  onStopped: ((error: MayflyError) => void) | undefined
}>

export class PreparedComponent {
  readonly linked: Program
  readonly decision: Decision
  /** MiB of garbage-collected objects that an event may make; 0 where the code makes none. */
  readonly heapMb: number
  readonly #options: PrepareOptions
  /** Made to know the image, and as fresh as when it was made. */
  #unused: Made | undefined

  /** Initialises as often as it takes to know whether sandboxes may start from an image. @throws TRAP_…, LIMIT_MEMORY */
  constructor(linked: Program, options: PrepareOptions) {
    this.linked = linked
    this.#options = options
    const makesObjects = linked.leanModules.some(lean => lean.makesObjects)
    this.heapMb = makesObjects ? Math.ceil(options.limitPages / 16) : 0
    this.decision = decide({
      mode: options.snapshot,
      unrestorable: linked.leanModules.find(lean => lean.unrestorable !== undefined)?.unrestorable,
      entropy: options.entropy,
      initialise: () => this.#initialise(),
    })
  }

  get image(): Image | undefined {
    return this.decision.kind === 'snapshot' ? this.decision.initialised.image : undefined
  }

  #initialise(): Initialised {
    const {limits, imageMs = Math.max(limits.cpuMs, LEAST_IMAGE_MS), onStopped, tier} = this.#options
    const payer: Payer = {limitMs: imageMs, code: 'LIMIT_START', onStopped}
    if (!this.#runs) return this.#layOut(payer)
    const made = this.#make('initialise', payer)
    const {unrestorable} = made.runtime
    made.runtime.end()
    made.runtime.store.clear()
    made.runtime.dispose()
    return {image: tier.capture(made.state), runtime: made.runtime.capture(), unrestorable}
  }

  /** Where nothing of the guest runs, its data is all that initialisation adds; what was made serves as a sandbox. */
  #layOut(payer: Payer): Initialised {
    const made = this.#make('adopt', payer)
    const {state, runtime} = made
    try {
      const image = this.#options.tier.layOut(state)
      this.#unused = made
      return {image, runtime: runtime.capture(), unrestorable: runtime.unrestorable}
    } catch (error) {
      runtime.dispose()
      throw error
    }
  }

  /** Whether code of the guest runs when it is initialised. */
  get #runs(): boolean {
    const {initialise, leanModules} = this.linked
    return initialise !== undefined || leanModules.some(({start}) => start !== undefined)
  }

  /**
   * A sandbox equal to the image; or, where there is none, one initialised for a single event. Where that takes too long,
   * it does not return, and `onStopped` is called.
   */
  make(onStopped?: (error: MayflyError) => void): Sandbox {
    const {limits, tier} = this.#options
    const {heapMb} = this
    const payer: Payer = {limitMs: limits.cpuMs, code: 'LIMIT_CPU', onStopped}
    if (this.decision.kind === 'anew') {
      const made = this.#make('initialise', payer)
      return new Sandbox({...made, restorer: undefined, initial: [], limits, heapMb, renew: undefined})
    }
    const {
      initialised: {image, runtime: initial},
      seeds,
    } = this.decision
    const made = this.#unused ?? this.#make('adopt', payer)
    this.#unused = undefined
    const restorer = tier.adopt(image, made.state)
    made.runtime.restore(initial)
    made.budget.settle()
    const renew = seeds.length === 0 ? undefined : renewer(memoriesOf(made.state), seeds)
    return new Sandbox({...made, restorer, initial, limits, heapMb, renew})
  }

  #make(how: 'initialise' | 'adopt', {limitMs, code, onStopped}: Payer): Made {
    const {component, guard, limitPages} = this.#options
    const runtime = new Runtime({
      store: new Store(component),
      guard,
      instances: this.linked.instances,
      parents: this.linked.parents ?? [],
      hostResources: this.linked.hostResources,
    })
    const budget = createMemoryBudget({limitPages, component})
    const state: CoreInstanceState[] = []
    const {heapMb} = this
    const stopped = (overrun: Overrun) =>
      onStopped?.(
        overrun === 'time'
          ? new MayflyError(code, {limit: limitMs, component})
          : new MayflyError('LIMIT_MEMORY', {limit: heapMb, component}),
      )
    const enter = (run: () => void): void => {
      guard.enter()
      run()
      guard.leave()
    }
    guard.begin({stopped}, limitMs, heapMb)
    try {
      const steps = this.linked.instantiate(runtime)
      for (;;) {
        const step = steps.next()
        if (step.done) {
          const {exports, initialise} = this.linked
          if (how === 'initialise' && initialise !== undefined) enter(state.at(-1)!.exports[initialise])
          return {functions: step.value, exports, runtime, state, budget}
        }
        const {instance, exports} = step.value
        const lean = this.linked.leanModules[instance]!
        adoptInstance(lean, exports, {budget})
        state.push({lean, exports})
        if (how === 'adopt') continue
        applyData(lean, exports)
        if (lean.start !== undefined) enter(exports[lean.start])
      }
    } catch (error) {
      guard.leave()
      runtime.dispose()
      throw asTrap(error)
    }
  }

  dispose(): void {
    this.#unused?.runtime.dispose()
    this.image?.dispose()
  }
}

/** All memories that the instances define, in the order of Image.memories. */
const memoriesOf = (state: readonly CoreInstanceState[]): WebAssembly.Memory[] =>
  state.flatMap(({lean, exports}) =>
    lean.memories.filter(memory => !memory.imported).map(memory => exports[memory.exportName]),
  )

/** Writes fresh values over the seeds; one draw's copies stay copies of each other. */
function renewer(memories: readonly WebAssembly.Memory[], seeds: readonly RenewedSeed[]): () => void {
  return () => {
    const renewed = new Map<Draw, Uint8Array>()
    for (const {memory, start, draw} of seeds) {
      let bytes = renewed.get(draw)
      if (bytes === undefined) renewed.set(draw, (bytes = draw.renew()))
      new Uint8Array(memories[memory]!.buffer).set(bytes, start)
    }
  }
}
