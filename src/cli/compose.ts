// cli/compose.ts: the only place where real parts are put together. Each is loaded when it is called: a process needs few.
import type {Tier} from './doctor/machine.ts'

const lazily =
  <Args extends unknown[], Result>(load: () => Promise<(...args: Args) => Promise<Result>>) =>
  async (...args: Args): Promise<Result> =>
    await (await load())(...args)

export const buildApp = lazily(async () => (await import('./build-app.ts')).buildApp)
export const composeFiles = lazily(async () => (await import('./compose-files.ts')).composeFiles)
export const declareTypes = lazily(async () => (await import('./declare-types.ts')).declareTypes)
export const inspectComponent = lazily(async () => (await import('./inspect-component.ts')).inspectComponent)
export const prepareApp = lazily(async () => (await import('./prepare-app.ts')).prepareApp)
export const startApp = lazily(async () => (await import('./start-app.ts')).startApp)

/** The restore tier that this machine has, with the reason why it is not a better one. */
export async function detectRestoreTier(): Promise<Tier> {
  const {detectTier} = await import('../engine/snapshot/detect.ts')
  const {tier, findings} = detectTier()
  const reasons = findings.filter(finding => !finding.usable).map(({tier, reason}) => `${tier}: ${reason}`)
  return {name: tier.name, reason: reasons.join('; ')}
}
