// manifest/assemble.ts: a draft without mistakes -> App.
import type {App, Component, HttpTrigger, OtherTrigger} from './app.ts'
import {emptyRecord} from './check.ts'
import {freeze} from './compact.ts'
import {finishComponent, withProfile} from './component.ts'
import type {Draft} from './draft.ts'
import {finishHttpTrigger} from './http-trigger.ts'
import {assignIds} from './ids.ts'
import {finishOtherTrigger} from './other-trigger.ts'
import {type PlaceIndex, rememberPlaces} from './places.ts'

export type AssembleOptions = Readonly<{file: string; profile: string | undefined; places: PlaceIndex}>

export function assemble(draft: Draft, {file, profile, places}: AssembleOptions): App {
  const {idOfTrigger, idOf, components: drafts} = assignIds(draft, places)
  const components = emptyRecord<Component>()
  for (const [id, component] of Object.entries(drafts))
    components[id] = finishComponent(id, withProfile(component, profile), draft.mayfly)
  const http: HttpTrigger[] = []
  const other = emptyRecord<OtherTrigger[]>()
  for (const [type, triggers] of Object.entries(draft.triggers)) {
    for (const trigger of triggers) {
      const id = idOfTrigger.get(trigger)!
      if (trigger.type === 'http') http.push(finishHttpTrigger(trigger.draft, id, idOf))
      else (other[type] ??= []).push(finishOtherTrigger(trigger.draft, id, idOf))
    }
  }
  const {manifestVersion, name, version, description, authors, targets, variables, triggerSettings, tools} =
    draft
  const app: App = {
    file,
    manifestVersion,
    name,
    version,
    description,
    authors,
    targets,
    variables,
    triggers: {http, other},
    triggerSettings,
    components,
    tools,
  }
  rememberPlaces(freeze(app), places)
  return app
}
