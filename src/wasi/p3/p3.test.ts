import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import type {MayflyError} from '../../base/errors.ts'
import {validateComponent} from '../../engine/component/validate.ts'
import type {Imports} from '../../engine/link/imports.ts'
import type {Plan} from '../../engine/link/plan.ts'
import {resolve} from '../../engine/link/resolve.ts'
import {fakeClock, fakeRandom} from '../fixture.ts'
import {wasiImports} from '../wasi.ts'
import {componentImporting, wit03} from './wit.fixtures.ts'

const offered = wasiImports({clock: fakeClock(), random: fakeRandom()})
const names = [...offered.keys()].filter(name => name.endsWith('@0.3.0'))

/** Links a component that imports all of the interfaces. */
async function linked(wit: string, interfaces: readonly string[], imports: Imports = offered): Promise<Plan> {
  const component = await componentImporting(wit, interfaces)
  validateComponent(component)
  return resolve(component, {imports, who: 'the component'})
}

/** An interface of types alone needs no host. */
const INTERFACES_OF_TYPES = new Set(['wasi:cli/types', 'wasi:clocks/types'])
/** What a guest exports, not the host. */
const OF_GUESTS = new Set(['wasi:cli/run', 'wasi:http/handler'])
/** Not stable yet. */
const UNSTABLE = new Set(['wasi:clocks/timezone'])
/** Made by whoever knows what the guest may reach. */
const ELSEWHERE = /^wasi:http\//

test('every stable interface of the WIT files is offered', () => {
  const specified = wit03()
    .split(/^package /m)
    .slice(1)
    .flatMap(text => {
      const name = /^[\w:-]+/.exec(text)![0]
      return [...text.matchAll(/^interface ([\w-]+)/gm)].map(found => `${name}/${found[1]}`)
    })
    .filter(name => ![INTERFACES_OF_TYPES, OF_GUESTS, UNSTABLE].some(set => set.has(name)))
    .filter(name => !ELSEWHERE.test(name))
    .map(name => `${name}@0.3.0`)
  assert.deepEqual(names.sort(), specified.sort())
})

for (const name of names)
  test(`${name} holds exactly the functions of its WIT, with their types`, async () => {
    const plan = await linked(wit03(), [name])
    const functions = [...offered.get(name)!].filter(([, item]) => item.kind === 'function')
    assert.deepEqual(
      plan.hostFunctions
        .map(each => each.name)
        .filter(each => each.startsWith(`${name}#`))
        .sort(),
      functions.map(([item]) => `${name}#${item}`).sort(),
    )
    const [untyped] = functions.filter(([, item]) => item.kind === 'function' && item.type === undefined)
    if (!name.includes('sockets')) assert.equal(untyped, undefined)
  })

test('a component may import from 0.2 and 0.3', async () => {
  const older = `package wasi:io@0.2.6 { interface error { resource error { to-debug-string: func() -> string; } } }
    package wasi:clocks@0.2.6 { interface monotonic-clock { now: func() -> u64; resolution: func() -> u64; } }`
  const mixed = ['wasi:io/error@0.2.6', 'wasi:clocks/monotonic-clock@0.2.6', ...names]
  const plan = await linked(`${older}\n${wit03()}`, mixed)
  const clock = plan.hostFunctions.map(each => each.name).filter(name => name.includes('monotonic'))
  assert.deepEqual(clock.sort(), [
    'wasi:clocks/monotonic-clock@0.2.6#now',
    'wasi:clocks/monotonic-clock@0.2.6#resolution',
    'wasi:clocks/monotonic-clock@0.3.0#get-resolution',
    'wasi:clocks/monotonic-clock@0.3.0#now',
    'wasi:clocks/monotonic-clock@0.3.0#wait-for',
    'wasi:clocks/monotonic-clock@0.3.0#wait-until',
  ])
})

describe('release candidates', () => {
  const candidate = (version: string, change: (wit: string) => string = wit => wit): string =>
    change(wit03()).replaceAll('@0.3.0', `@${version}`)
  const CANDIDATES = [
    '0.3.0-rc-2025-09-16',
    '0.3.0-rc-2026-01-06',
    '0.3.0-rc-2026-02-09',
    '0.3.0-rc-2026-03-15',
  ]

  for (const version of CANDIDATES)
    test(`${version} is given 0.3.0 where the types are the same`, async () => {
      const interfaces = names.map(name => name.replace('0.3.0', version))
      const plan = await linked(candidate(version), interfaces)
      assert.ok(plan.hostFunctions.length > 40)
    })

  /** What changed between the candidates and the release. */
  const changes: [what: string, from: RegExp, to: string, interfaceName: string, reason: RegExp][] = [
    [
      'errors that were an enum',
      /variant error-code \{\s*access,([^}]*),\s*other\(option<string>\),?\s*\}/,
      'enum error-code { access,$1 }',
      'wasi:filesystem/types',
      /enum\{access.* in place of .*variant\{access/,
    ],
    [
      'a type of file without a name',
      /variant descriptor-type \{([^}]*),\s*other\(option<string>\),?\s*\}/,
      'enum descriptor-type { unknown, $1 }',
      'wasi:filesystem/types',
      /in place of/,
    ],
    [
      'a write that was itself async',
      /write-via-stream: func\(data: stream<u8>\) -> future<result<_, error-code>>/g,
      'write-via-stream: async func(data: stream<u8>) -> result<_, error-code>',
      'wasi:cli/stdout',
      /^async func\(stream<u8>\).* in place of func\(stream<u8>\)/,
    ],
  ]
  for (const [what, from, to, interfaceName, reason] of changes)
    test(`${what} is refused, with what differs`, async () => {
      assert.match(wit03(), from)
      const wit = candidate('0.3.0-rc-2026-01-06', text => text.replace(from, to))
      const link = linked(wit, [`${interfaceName}@0.3.0-rc-2026-01-06`])
      await assert.rejects(link, (error: MayflyError) => {
        assert.equal(error.code, 'LINK_TYPE_MISMATCH')
        assert.match(`${error.details['reason']}`, reason)
        return true
      })
    })

  test('parameters may have had other names', async () => {
    const wit = candidate('0.3.0-rc-2026-02-09', text => text.replaceAll('max-len: u64', 'len: u64'))
    await linked(wit, ['wasi:random/random@0.3.0-rc-2026-02-09'])
  })

  test('a resource of another interface is none of this one', async () => {
    const wit = wit03()
      .replace(
        'get-terminal-stdin: func() -> option<terminal-input>',
        'get-terminal-stdin: func() -> option<own<terminal-output>>',
      )
      .replace('use terminal-input.{terminal-input};', 'use terminal-output.{terminal-output};')
    await assert.rejects(linked(wit, ['wasi:cli/terminal-stdin@0.3.0']), {code: 'LINK_TYPE_MISMATCH'})
  })
})
