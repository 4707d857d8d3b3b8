// bench/parts/engine.ts: a component prepared in this very process, and requests for its sandboxes without a network.
import {readFileSync} from 'node:fs'
import {engineParts} from '../../src/cli/engine-parts.ts'
import {HTTP_HANDLER} from '../../src/cli/served-program.ts'
import {decodeComponent} from '../../src/engine/component/decode.ts'
import {validateComponent} from '../../src/engine/component/validate.ts'
import {LinkedComponent} from '../../src/engine/link/linked-component.ts'
import {PreparedComponent} from '../../src/engine/pool/prepared-component.ts'
import type {Sandbox} from '../../src/engine/pool/sandbox.ts'
import {detectTier} from '../../src/engine/snapshot/detect.ts'
import type {Tier, TierName} from '../../src/engine/snapshot/snapshot.ts'
import {keepNoFeedback} from '../../src/server/node-flags.ts'
import {createHttpClient} from '../../src/wasi/http/client.ts'
import {httpInterfaces} from '../../src/wasi/http/http.ts'
import {IncomingRequest} from '../../src/wasi/http/incoming-message.ts'
import {type OutgoingResponse, ResponseOutparam} from '../../src/wasi/http/outgoing-message.ts'
import {wasiImports} from '../../src/wasi/wasi.ts'

export type Prepared = Readonly<{
  component: PreparedComponent
  linked: LinkedComponent
  tier: Tier
  /** Calls the handler with GET / and returns the answer's body; the sandbox is not restored. */
  ask(sandbox: Sandbox): string
}>

const LIMIT_PAGES = (512 * 1024 * 1024) / 65_536
const HEADERS = ['Host', '127.0.0.1', 'User-Agent', 'bench']

/** The tier that is asked for, or undefined where this machine does not have it. */
export function tierNamed(prefer: TierName): Tier | undefined {
  const {tier} = detectTier({prefer})
  return tier.name === prefer ? tier : undefined
}

/** Linked with WASI as `mayfly up` does it; nothing of the host is granted. */
export function prepare(path: string, tier?: Tier): Prepared {
  const engine = engineParts(process.env)
  keepNoFeedback()
  const decoded = decodeComponent(readFileSync(path), {file: path})
  validateComponent(decoded)
  const client = createHttpClient({policy: {check: () => 'denied'}})
  const imports = new Map([
    ...wasiImports({clock: engine.entropy, random: engine.entropy, poolBytes: 0}),
    ...httpInterfaces(() => client),
  ])
  const linked = new LinkedComponent(decoded, {imports, who: path, modules: engine.modules})
  const handle = linked.requireExport(HTTP_HANDLER, 'handle')
  const component = new PreparedComponent(linked, {
    tier: tier ?? engine.tier,
    guard: engine.guard,
    entropy: engine.entropy,
    component: 'bench',
    snapshot: 'auto',
    limitPages: LIMIT_PAGES,
    limits: {cpuMs: 60_000, idleMs: 60_000},
  })
  return {
    component,
    linked,
    tier: tier ?? engine.tier,
    ask(sandbox) {
      let answered: OutgoingResponse | undefined
      const request = new IncomingRequest({
        method: 'GET',
        pathWithQuery: '/',
        authority: '127.0.0.1',
        rawHeaders: () => HEADERS,
        openBody: () => {
          throw new Error('GET has no body')
        },
      })
      const out = new ResponseOutparam({
        respond(response) {
          if (response.tag === 'ok') answered = response.val
        },
      })
      const called = sandbox.call(handle, request, out)
      if (called instanceof Promise || answered === undefined)
        throw new Error('the guest did not answer at once')
      return Buffer.concat(answered.body?.takeChunks() ?? []).toString('latin1')
    },
  }
}
