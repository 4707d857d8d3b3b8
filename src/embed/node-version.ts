// embed/node-version.ts: a library runs on the Node that its program runs on.
import {MayflyError} from '../base/errors.ts'

/** The first that can suspend guests. As bin/mayfly.js has it. */
const NEEDED = 26

/** @throws EMBED_NODE */
export function checkNode(found: string): void {
  if (Number.parseInt(found, 10) < NEEDED) throw new MayflyError('EMBED_NODE', {needed: NEEDED, found})
}
