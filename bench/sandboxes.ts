// bench/sandboxes.ts: many live sandboxes of the 13 MB component in one process: time and memory for each.
//
// They are made as `mayfly up` makes them, by the same script under the same flags. Afterwards they serve as a worker's do,
// and the JavaScript heap must stay bounded.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {GUEST_NODE_FLAGS} from '../src/server/node-flags.ts'
import {bundled} from './parts/bundled.ts'
import {describeMachine} from './parts/machine.ts'
import {buildHello} from './parts/subjects.ts'

const {values: options} = parseArgs({
  options: {
    count: {type: 'string', default: '1000'},
    /** Requests under load afterwards. */
    requests: {type: 'string', default: '100000'},
    component: {type: 'string'},
    strict: {type: 'boolean', default: false},
  },
})

console.log((await describeMachine()).lines.join('\n'))
const dir = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
try {
  const path = options.component ?? buildHello(dir).path
  const script = await bundled(new URL('parts/live-sandboxes.ts', import.meta.url), dir)
  const args = [path, options.count, options.requests, String(options.strict)]
  const {status} = spawnSync(process.execPath, [...GUEST_NODE_FLAGS, ...script, ...args], {stdio: 'inherit'})
  process.exitCode = status ?? 1
} finally {
  rmSync(dir, {recursive: true, force: true})
}
