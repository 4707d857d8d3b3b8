// engine/limits/watchdog.fixture.ts: run in a process of its own by watchdog.test.ts; prints what happens, line by line.
import type {MayflyError} from '../../base/errors.ts'
import {blockingFunction, hostFunction} from '../link/imports.ts'
import {caller, guard, link, prepare, rootImports} from '../link/link.fixtures.ts'
import {turns} from '../turns.ts'
import {startWatchdog} from './watchdog.ts'

const GUEST = `(component
  (import "wait" (func $wait))
  (import "work" (func $work))
  (core func $wait' (canon lower (func $wait)))
  (core func $work' (canon lower (func $work)))
  (core module $M (import "" "wait" (func $wait)) (import "" "work" (func $work))
    (func $spin (export "spin") (loop $more (br $more)))
    (func (export "wait-then-spin") (call $wait) (call $spin))
    (func (export "catch-and-spin")
      (block $caught (try_table (catch_all $caught) (call $spin)))
      (call $spin))
    (func (export "have-worked") (loop $more (call $work) (br $more)))
    (func (export "wait") (call $wait))
    (type $bytes (array i8))
    (type $list (struct (field (ref $bytes)) (field (ref null $list))))
    (func (export "hoard") (local $all (ref null $list))
      (loop $more
        (local.set $all (struct.new $list (array.new $bytes (i32.const 1) (i32.const 1048576)) (local.get $all)))
        (br $more))))
  (core instance $m (instantiate $M (with "" (instance
    (export "wait" (func $wait')) (export "work" (func $work'))))))
  (func (export "spin") (canon lift (core func $m "spin")))
  (func (export "wait-then-spin") (canon lift (core func $m "wait-then-spin")))
  (func (export "catch-and-spin") (canon lift (core func $m "catch-and-spin")))
  (func (export "have-worked") (canon lift (core func $m "have-worked")))
  (func (export "hoard") (canon lift (core func $m "hoard")))
  (func (export "wait") (canon lift (core func $m "wait"))))`

const releases: (() => void)[] = []
const imports = rootImports({
  wait: blockingFunction(() => new Promise<void>(resolve => releases.push(resolve))),
  work: hostFunction(() => {
    const end = performance.now() + 2
    while (performance.now() < end);
  }),
})
const linked = await link(GUEST, imports)
const prepared = prepare(linked, {limits: {cpuMs: 60, idleMs: 10_000}})
const patient = prepare(linked, {limits: {cpuMs: 60_000, idleMs: 10_000}, limitPages: 1024})
const watchdog = startWatchdog(guard)

const start = (name: string, from = prepared) => {
  const sandbox = from.make()
  const call = caller(linked, sandbox)
  const stopped = new Promise<MayflyError>(resolve => {
    sandbox.stopListener = {stopped: resolve}
  })
  turns.add(() => {
    Promise.resolve(call(name)).then(
      () => console.log(`${name} returned`),
      error => console.log(`${name} failed: ${error.code}`),
    )
  })
  return {sandbox, stopped}
}
const turn = () => new Promise(setImmediate)

const neighbour = start('wait')
for (const name of ['spin', 'catch-and-spin', 'wait-then-spin', 'have-worked']) {
  const {sandbox, stopped} = start(name)
  if (name === 'wait-then-spin') {
    while (releases.length < 2) await turn()
    releases.pop()!()
  }
  console.log(`${name} stopped: ${(await stopped).code}, spent: ${sandbox.spent}`)
}
console.log(`hoard stopped: ${(await start('hoard', patient).stopped).code}`)
releases.pop()!()
while (neighbour.sandbox.waiting) await turn()
await turn()
await watchdog.stop()
console.log('the process goes on')
