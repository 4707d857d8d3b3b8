import assert from 'node:assert/strict'
import {test} from 'node:test'
import {MayflyErrors} from '../base/errors.ts'
import {parseManifest} from './parse.ts'

// Manifests made to exhaust their reader: each is refused (or read) with few, short words.
const TOP = 'spin_manifest_version = 2\n[application]\nname = "x"\n'
const APP = `${TOP}[[trigger.http]]\nroute = "/"\ncomponent = "a"\n[component.a]\nsource = "a.wasm"\n`
const LONG = 100_000
const each = (count: number, line: (index: number) => string): string =>
  Array.from({length: count}, (_, index) => line(index)).join('')

const HOSTILE: [name: string, text: string, code: string | undefined][] = [
  ['longer than a manifest may be', '#'.repeat(2 ** 19 + 1), 'MANIFEST_TOO_LARGE'],
  ['a long string', `${APP}description = "${'x'.repeat(LONG)}"`, 'MANIFEST_SYNTAX'],
  ['a long string over lines', `${APP}description = """${'x\n'.repeat(LONG / 2)}"""`, 'MANIFEST_SYNTAX'],
  ['a string never closed', `${APP}description = """${'x\n'.repeat(LONG / 2)}`, 'MANIFEST_SYNTAX'],
  ['quotes only', '"'.repeat(LONG), 'MANIFEST_SYNTAX'],
  ['apostrophes only', "'".repeat(LONG), 'MANIFEST_SYNTAX'],
  ['backslashes in a string', `${APP}description = "${'\\'.repeat(LONG)}`, 'MANIFEST_SYNTAX'],
  ['brackets only', '['.repeat(LONG), 'MANIFEST_SYNTAX'],
  ['braces in braces', `a = ${'{a='.repeat(LONG / 4)}`, 'MANIFEST_SYNTAX'],
  ['brackets that close too often', `${']'.repeat(LONG)}`, 'MANIFEST_SYNTAX'],
  ['dots in a key', `${'a.'.repeat(LONG / 2)}a = 1`, 'MANIFEST_SYNTAX'],
  ['dots in a header', `[${'a.'.repeat(LONG / 2)}a]`, 'MANIFEST_SYNTAX'],
  ['a wrong line many times', 'a =\n'.repeat(LONG / 4), 'MANIFEST_SYNTAX'],
  ['a key that never comes to its equals sign', `a.${' '.repeat(4 * LONG)}\n?`, 'MANIFEST_SYNTAX'],
  ['spaces only, then a mistake', `${' '.repeat(4 * LONG)}?`, 'MANIFEST_SYNTAX'],
  ['a header many times', '[a]\n'.repeat(LONG / 4), 'MANIFEST_SYNTAX'],
  ['NUL only', '\u0000'.repeat(LONG), 'MANIFEST_SYNTAX'],
  ['an integer of many digits', `${APP}x = 1${'0'.repeat(LONG / 10)}`, 'MANIFEST_UNKNOWN_FIELD'],
  ['many unknown fields', APP + each(10_000, index => `x${index} = 1\n`), 'MANIFEST_UNKNOWN_FIELD'],
  ['a long key', `${APP}${'k'.repeat(LONG)} = 1`, 'MANIFEST_UNKNOWN_FIELD'],
  ['a long id', `${TOP}[component.${'a-'.repeat(LONG / 4)}]\nsource = "x"`, 'MANIFEST_MISSING_FIELD'],
  [
    'many references to nothing',
    TOP +
      each(
        5000,
        index =>
          `[[trigger.http]]\nroute = "/"\ncomponent = "z${index}"\n[component.k${index}]\nsource = "x"\n`,
      ),
    'MANIFEST_UNKNOWN_REFERENCE',
  ],
  [
    'many dependencies of one package',
    `${APP}[component.a.dependencies]\n${each(4000, index => `"a:b/i${index}" = "*"\n`)}`,
    undefined,
  ],
  [
    'many components written out',
    TOP + each(2000, () => '[[trigger.http]]\nroute = "/"\ncomponent = { source = "x" }\n'),
    undefined,
  ],
  [
    'many variables in a template',
    `${TOP}[variables]\na = { default = "x" }\n${APP.slice(TOP.length)}variables = { b = "${'{{a}}'.repeat(6000)}" }`,
    undefined,
  ],
  [
    'a host of many wildcards',
    `${APP}allowed_outbound_hosts = ["http://${'*.'.repeat(10_000)}a"]`,
    'MANIFEST_BAD_VALUE',
  ],
  [
    'a host of many colons',
    `${APP}allowed_outbound_hosts = ["http://${'1:'.repeat(10_000)}"]`,
    'MANIFEST_BAD_VALUE',
  ],
  [
    'a range of many versions',
    `${APP}dependencies = { "a:b" = "${'1,'.repeat(10_000)}" }`,
    'MANIFEST_BAD_VALUE',
  ],
]

for (const [name, text, code] of HOSTILE) {
  test(`hostile: ${name}`, () => {
    let mistakes: MayflyErrors['errors'] = []
    try {
      parseManifest(text, {file: 'f'})
    } catch (error) {
      assert.ok(error instanceof MayflyErrors, String((error as Error).stack))
      mistakes = error.errors
    }
    if (code === undefined) assert.deepEqual(mistakes, [])
    else
      assert.ok(
        mistakes.some(mistake => mistake.code === code),
        mistakes.map(String).join('\n'),
      )
    assert.ok(mistakes.length <= 101)
    assert.equal(mistakes.length === 101, mistakes.at(-1)?.code === 'MANIFEST_MORE_MISTAKES')
    for (const {message, hint} of mistakes)
      assert.ok(`${message}${hint}`.length < 1000, message.slice(0, 200))
  })
}

test('nothing of a manifest reaches the prototypes of objects', () => {
  const names = ['__proto__', 'constructor', 'prototype']
  const lines = (outer: string, inner: string) => [
    `[${outer}.${inner}]`,
    `[[${outer}]]\n${inner}.polluted = 1`,
    `[application.tool.${outer}.${inner}]`,
    `[application.trigger.${outer}]\n${inner}.polluted = 1`,
    `[component.${outer}]\n${inner} = { polluted = 1 }`,
    `[component.a.environment]\n${outer} = "${inner}"`,
  ]
  for (const line of names.flatMap(outer => names.flatMap(inner => lines(outer, inner)))) {
    try {
      parseManifest(`${APP}${line}\npolluted = 1\n`, {file: 'f'})
    } catch (error) {
      assert.ok(error instanceof MayflyErrors)
    }
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.equal(([] as unknown as Record<string, unknown>)['polluted'], undefined)
})
