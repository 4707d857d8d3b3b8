// manifest/ids.ts: gives ids, in Spin's way, to triggers that have none and to components that a trigger writes out.

import {emptyRecord} from './check.ts'
import type {ComponentDraft} from './component.ts'
import type {ComponentSpec} from './component-spec.ts'
import type {Draft, TriggerDraft} from './draft.ts'
import {isKebab} from './names.ts'
import type {PlaceIndex} from './places.ts'

export type Identified = Readonly<{
  idOfTrigger: ReadonlyMap<TriggerDraft, string>
  idOf(spec: ComponentSpec): string
  /** Those of the manifest's own table and those that triggers write out. */
  components: Readonly<Record<string, ComponentDraft>>
}>

export function assignIds({triggers, components}: Draft, places: PlaceIndex): Identified {
  const idOfTrigger = triggerIds(triggers)
  const all = Object.assign(emptyRecord<ComponentDraft>(), components)
  const inlineIds = new Map<ComponentSpec, string>()
  const next = counter(id => Object.hasOwn(all, id))
  for (const [trigger, triggerId] of idOfTrigger) {
    const specs = specsOf(trigger)
    for (const spec of specs) {
      if (!('inline' in spec)) continue
      const natural = `${triggerId}-component`
      const free = specs.length === 1 && isKebab(natural) === undefined && !Object.hasOwn(all, natural)
      const id = free ? natural : next('inline-component')
      all[id] = spec.inline
      inlineIds.set(spec, id)
      places.alias(['component', id], spec.writtenAt)
    }
  }
  return {idOfTrigger, idOf: spec => ('id' in spec ? spec.id : inlineIds.get(spec)!), components: all}
}

function triggerIds(triggers: Draft['triggers']): Map<TriggerDraft, string> {
  const taken = new Set(Object.values(triggers).flatMap(all => all.map(({draft}) => draft.id)))
  const ids = new Map<TriggerDraft, string>()
  const next = counter(id => taken.has(id))
  for (const [type, all] of Object.entries(triggers)) {
    for (const trigger of all) {
      const {id, component} = trigger.draft
      const natural = component !== undefined && 'id' in component ? `${component.id}-${type}-trigger` : ''
      const given = id !== '' ? id : natural !== '' && !taken.has(natural) ? natural : next(`${type}-trigger`)
      taken.add(given)
      ids.set(trigger, given)
    }
  }
  return ids
}

/** Makes names `prefix1`, `prefix2`, ... that are not taken. */
function counter(taken: (id: string) => boolean): (prefix: string) => string {
  const counts = new Map<string, number>()
  return prefix => {
    let count = counts.get(prefix) ?? 0
    do count++
    while (taken(`${prefix}${count}`))
    counts.set(prefix, count)
    return `${prefix}${count}`
  }
}

function specsOf({type, draft}: TriggerDraft): ComponentSpec[] {
  const one = draft.component === undefined ? [] : [draft.component]
  return type === 'http' ? one : [...one, ...Object.values(draft.components).flat()]
}
