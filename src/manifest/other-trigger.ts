// manifest/other-trigger.ts: [[trigger.<type>]] of the types that are not looked into: their own fields are kept as they are.
import type {OtherTrigger} from './app.ts'
import {type Check, emptyRecord, text} from './check.ts'
import {compact} from './compact.ts'
import {type ComponentSpec, componentSpec, componentsByRole} from './component-spec.ts'
import {triggerDependencies} from './dependency.ts'
import {json} from './json.ts'
import {openTable, optional, type Read} from './table.ts'

const fields = {
  id: optional(text, ''),
  component: optional(componentSpec),
  components: optional(componentsByRole, emptyRecord<never>()),
  dependencies: optional(triggerDependencies, emptyRecord<never>()),
}

export type OtherTriggerDraft = Read<typeof fields> & Pick<{rest: OtherTrigger['config']}, 'rest'>

export const otherTrigger: Check<OtherTriggerDraft> = openTable(fields, json)

export function finishOtherTrigger(
  draft: OtherTriggerDraft,
  id: string,
  idOf: (spec: ComponentSpec) => string,
): OtherTrigger {
  const components = emptyRecord<readonly string[]>()
  for (const [role, specs] of Object.entries(draft.components)) components[role] = specs.map(idOf)
  return compact({
    id,
    component: draft.component === undefined ? undefined : idOf(draft.component),
    components,
    dependencies: draft.dependencies,
    config: draft.rest,
  })
}
