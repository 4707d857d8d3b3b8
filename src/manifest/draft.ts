// manifest/draft.ts: a manifest as it is written, in the terms of version 2, before ids are given and profiles applied.
import type {JsonTable, Named, Target, Variable} from './app.ts'
import type {ComponentDraft} from './component.ts'
import type {HttpTriggerDraft} from './http-trigger.ts'
import type {OtherTriggerDraft} from './other-trigger.ts'
import type {settingsOf} from './tool.ts'

export type TriggerDraft =
  | Readonly<{type: 'http'; draft: HttpTriggerDraft}>
  | Readonly<{type: 'other'; draft: OtherTriggerDraft}>

export type Draft = Readonly<{
  manifestVersion: 1 | 2
  name: string
  version: string
  description: string
  authors: readonly string[]
  targets: readonly Target[]
  variables: Named<Variable>
  triggerSettings: Named<JsonTable>
  /** By type, in the order of the manifest. */
  triggers: Named<readonly TriggerDraft[]>
  components: Named<ComponentDraft>
  tools: Named<JsonTable>
  mayfly: Parameters<typeof settingsOf>[1]
}>
