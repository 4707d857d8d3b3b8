// manifest/component-spec.ts: how a trigger names its component: by id, or by writing it out.

import {type Check, either, list, named, then} from './check.ts'
import {type ComponentDraft, component} from './component.ts'
import {componentId} from './names.ts'
import type {Path} from './wording.ts'

export type ComponentSpec = Readonly<{id: string} | {inline: ComponentDraft; writtenAt: Path}>

const EXPECTED = 'the id of a component, or a component'

const reference: Check<ComponentSpec> = then(componentId, (id, value, path, reader) => {
  reader.references.push({kind: 'component', name: id, at: value.at, path})
  return {id}
})
const inline: Check<ComponentSpec> = then(component, (draft, _value, path) => ({
  inline: draft,
  writtenAt: path,
}))

export const componentSpec = either(EXPECTED, {string: reference, table: inline})

/** `components`: one or several for each role. */
export const componentsByRole = named(
  either<readonly ComponentSpec[]>(`${EXPECTED}, or an array of these`, {
    string: then(reference, spec => [spec]),
    table: then(inline, spec => [spec]),
    array: list(componentSpec),
  }),
)
