// cli/compose.ts: the only place where real parts are put together.
import type {StartApp} from '../server/app.ts'
import type {Tier} from './doctor/machine.ts'
import type {Inspection} from './inspection.ts'
import type {AppDescription} from './prepare-app.ts'

export {buildApp} from './build-app.ts'
export {prepareApp} from './prepare-app.ts'

export const startApp: StartApp<AppDescription> = async () => {
  throw new Error('no engine')
}

export async function inspectComponent(_path: string): Promise<Inspection> {
  throw new Error('no engine')
}

export async function detectRestoreTier(): Promise<Tier> {
  throw new Error('no engine')
}
