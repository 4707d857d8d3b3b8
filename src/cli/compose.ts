// cli/compose.ts: the only place where real parts are put together.
import {detectTier} from '../engine/snapshot/detect.ts'
import type {Tier} from './doctor/machine.ts'

export {buildApp} from './build-app.ts'
export {composeFiles} from './compose-files.ts'
export {declareTypes} from './declare-types.ts'
export {inspectComponent} from './inspect-component.ts'
export {prepareApp} from './prepare-app.ts'
export {startApp} from './start-app.ts'

/** The restore tier that this machine has, with the reason why it is not a better one. */
export async function detectRestoreTier(): Promise<Tier> {
  const {tier, findings} = detectTier()
  const reasons = findings.filter(finding => !finding.usable).map(({tier, reason}) => `${tier}: ${reason}`)
  return {name: tier.name, reason: reasons.join('; ')}
}
