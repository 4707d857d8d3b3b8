// guests/wat/text-guests.ts: the components in text form by name: `hello`, `endless-loop`, …

import {parse} from '@bytecodealliance/jco'
import {DEEP} from './deep.ts'
import {HOSTILE} from './hostile.ts'
import {MEMORY64} from './memory64.ts'
import {SERVICES} from './services.ts'

export const TEXT_GUESTS: ReadonlyMap<string, () => string> = new Map([
  ...Object.entries(SERVICES),
  ...Object.entries(DEEP),
  ...Object.entries(MEMORY64),
  ...HOSTILE.map(({name, text}): [string, () => string] => [name, () => text]),
])

/** The binary of a component in text form. The text's grammar is checked, not its types. */
export const assemble = (text: string): Promise<Uint8Array> => parse(text)
