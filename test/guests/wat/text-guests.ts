// guests/wat/text-guests.ts: the components in text form by name: `hello`, `endless-loop`, …

import {parse} from '@bytecodealliance/jco'
import {HOSTILE} from './hostile.ts'
import {SERVICES} from './services.ts'

export const TEXT_GUESTS: ReadonlyMap<string, () => string> = new Map([
  ...Object.entries(SERVICES),
  ...HOSTILE.map(({name, text}): [string, () => string] => [name, () => text]),
])

/** The binary of a component in text form. The text's grammar is checked, not its types. */
export const assemble = (text: string): Promise<Uint8Array> => parse(text)
