// engine/link/resolve.test.ts: plans of small components, printed.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {decodeComponent} from '../component/decode.ts'
import {hostFunction, hostResource, type Imports} from './imports.ts'
import {link, rootImports} from './link.fixtures.ts'
import type {CoreRef, ExportMap, Func, Plan, Step} from './plan.ts'
import {resolve} from './resolve.ts'

const refText = (ref: CoreRef): string =>
  ref.kind === 'trampoline' ? `trampoline ${ref.trampoline}` : `${ref.instance}.${ref.name}`

const funcText = (func: Func): string =>
  func.kind === 'host' ? `host ${func.name}` : `lift ${refText(func.core)} in ${func.instance}`

/** A plan as lines of text, in the order in which it is carried out. */
function planText(plan: Plan): string[] {
  const step = (each: Step): string => {
    if (each.kind === 'instantiate') {
      const imports = each.imports.map(({module, name, ref}) => `${module}.${name}=${refText(ref)}`)
      return `${each.instance}: module ${each.module} with ${imports.join(' ') || 'nothing'}`
    }
    const trampoline = plan.trampolines[each.trampoline]!
    const what =
      trampoline.kind === 'lower'
        ? funcText(trampoline.func)
        : 'resource' in trampoline
          ? `resource ${trampoline.resource}`
          : trampoline.name
    return `trampoline ${each.trampoline}: ${trampoline.kind} ${what} for ${trampoline.instance}`
  }
  const exports = (map: ExportMap, path: string): string[] =>
    [...map].flatMap(([name, item]) =>
      item.kind === 'func'
        ? [`export ${path}${name}: ${funcText(item.func)}`]
        : exports(item.exports, `${path}${name}#`),
    )
  return [
    ...plan.instances.map(
      ({parent, blocks}, i) => `instance ${i} in ${parent ?? 'the host'}${blocks ? ', blocks' : ''}`,
    ),
    ...plan.steps.map(step),
    ...exports(plan.exports, ''),
  ]
}

const plan = async (text: string, imports: Imports = new Map()) =>
  resolve(decodeComponent(await parse(text)), {imports, who: 'it'})

const f = hostFunction(() => {})

test('an import, lowered and lifted again', async () => {
  const found = await plan(
    `(component
      (import "a:b/c@1.2.0" (instance $c (export "f" (func))))
      (alias export $c "f" (func $f))
      (core func $f' (canon lower (func $f)))
      (core module $M (import "x" "f" (func $f)) (func (export "g") (call $f)))
      (core instance $m (instantiate $M (with "x" (instance (export "f" (func $f'))))))
      (func $g (canon lift (core func $m "g")))
      (instance $out (export "g" (func $g)))
      (export "a:b/d" (instance $out)))`,
    new Map([['a:b/c@1.9.0', new Map([['f', f]])]]),
  )
  assert.deepEqual(planText(found), [
    'instance 0 in the host',
    'trampoline 0: lower host a:b/c@1.2.0#f for 0',
    '0: module 0 with x.f=trampoline 0',
    'export a:b/d#g: lift 0.g in 0',
  ])
})

test('components that are instantiated twice share their modules, not their instances', async () => {
  const found = await plan(`(component
    (component $C
      (type $r (resource (rep i32)))
      (core func $new (canon resource.new $r))
      (core module $M (import "" "new" (func (param i32) (result i32))) (func (export "f")))
      (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
      (func (export "f") (canon lift (core func $m "f"))))
    (instance $one (instantiate $C))
    (instance $two (instantiate $C))
    (export "one" (func $one "f"))
    (export "two" (func $two "f")))`)
  assert.deepEqual(planText(found), [
    'instance 0 in the host',
    'instance 1 in 0',
    'instance 2 in 0',
    'trampoline 0: resource.new resource 0 for 1',
    '0: module 0 with .new=trampoline 0',
    'trampoline 1: resource.new resource 1 for 2',
    '1: module 0 with .new=trampoline 1',
    'export one: lift 0.f in 1',
    'export two: lift 1.f in 2',
  ])
})

test('whoever calls what may block, blocks', async () => {
  const component = (name: string, imports: string) => `
    (component $${name} (import "f" (func $f ${imports}))
      (core func $f' (canon lower (func $f)))
      (core module $M (import "" "f" (func $f)) (func (export "g") (call $f)))
      (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
      (func (export "f") (canon lift (core func $m "g"))))`
  const found = await plan(
    `(component (import "f" (func $f)) (import "g" (func $g)) ${component('C', '')}
      (instance $a (instantiate $C (with "f" (func $f))))
      (instance $b (instantiate $C (with "f" (func $a "f"))))
      (instance $c (instantiate $C (with "f" (func $g))))
      (export "b" (func $b "f")) (export "c" (func $c "f")))`,
    rootImports({f: {...f, mayBlock: true}, g: f}),
  )
  assert.deepEqual(planText(found), [
    'instance 0 in the host',
    'instance 1 in 0, blocks',
    'instance 2 in 0, blocks',
    'instance 3 in 0',
    'trampoline 0: lower host f for 1',
    '0: module 0 with .f=trampoline 0',
    'trampoline 1: lower lift 0.g in 1 for 2',
    '1: module 0 with .f=trampoline 1',
    'trampoline 2: lower host g for 3',
    '2: module 0 with .f=trampoline 2',
    'export b: lift 1.g in 2',
    'export c: lift 2.g in 3',
  ])
})

test('what the host does not offer, or offers otherwise, is named', async () => {
  const world = `(component (import "a:b/c@0.2.0" (instance
    (export "f" (func)) (export "r" (type (sub resource))))))`
  const offer = (items: Record<string, unknown>, name = 'a:b/c@0.2.1') =>
    new Map([[name, new Map(Object.entries(items))]]) as Imports
  const table: [Imports, string, RegExp][] = [
    [new Map(), 'LINK_MISSING_IMPORT', /"a:b\/c@0\.2\.0"/],
    [offer({f, r: hostResource()}, 'a:b/c@0.3.0'), 'LINK_MISSING_IMPORT', /"a:b\/c@0\.2\.0"/],
    [offer({r: hostResource()}), 'LINK_MISSING_IMPORT', /"a:b\/c@0\.2\.0#f"/],
    [offer({f}), 'LINK_MISSING_IMPORT', /"a:b\/c@0\.2\.0#r"/],
    [offer({f: hostResource(), r: hostResource()}), 'LINK_TYPE_MISMATCH', /it is a resource/],
    [offer({f, r: f}), 'LINK_TYPE_MISMATCH', /it is a function/],
  ]
  for (const [imports, code, message] of table) {
    await assert.rejects(plan(world, imports), {code})
    await assert.rejects(plan(world, imports), message)
  }
  await plan(world, offer({f, r: hostResource()}))
})

test('exports are found by compatible version, or named as missing', async () => {
  const linked = await link(`(component
    (core module $M (func (export "f")))
    (core instance $m (instantiate $M))
    (func $f (canon lift (core func $m "f")))
    (instance $i (export "f" (func $f)))
    (export "a:b/c@0.2.3" (instance $i))
    (export "f" (func $f)))`)
  assert.equal(linked.findExport('a:b/c@0.2.9', 'f'), 0)
  assert.equal(linked.findExport(undefined, 'f'), 1)
  assert.equal(linked.findExport('a:b/c@0.3.0', 'f'), undefined)
  assert.equal(linked.findExport('a:b/c@0.2.3', 'g'), undefined)
  assert.throws(() => linked.requireExport('a:b/d', 'f'), {code: 'LINK_MISSING_EXPORT'})
})
