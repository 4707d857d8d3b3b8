import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {parseTemplate, resolveTemplate, type TemplatePart} from './template.ts'

const GOOD: [raw: string, parts: TemplatePart[]][] = [
  ['', []],
  ['plain', [{text: 'plain'}]],
  ['{ } }} {', [{text: '{ } }} {'}]],
  ['{{a}}', [{variable: 'a'}]],
  ['x-{{  a  }}-y', [{text: 'x-'}, {variable: 'a'}, {text: '-y'}]],
  ['{{ a }}{{ b }}', [{variable: 'a'}, {variable: 'b'}]],
  ['{{{a}}}', [{variable: '{a'}, {text: '}'}]],
]
for (const [raw, parts] of GOOD)
  test(`template ${JSON.stringify(raw)}`, () =>
    assert.deepEqual(parseTemplate(raw), {tag: 'ok', val: {raw, parts}}))

for (const raw of ['{{', '{{ a', 'a {{ b }} {{', '{{}}', '{{ \t }}'])
  test(`no template: ${JSON.stringify(raw)}`, () => assert.equal(parseTemplate(raw).tag, 'err'))

test('variables are filled in once, and only own ones', () => {
  const resolve = (raw: string, variables: Record<string, string>) => {
    const parsed = parseTemplate(raw)
    assert.equal(parsed.tag, 'ok')
    return parsed.tag === 'ok' ? resolveTemplate(parsed.val, variables) : ''
  }
  assert.equal(resolve('{{ a }}/{{ b }}', {a: '{{ b }}', b: '$&'}), '{{ b }}/$&')
  for (const name of ['missing', 'constructor', '__proto__'])
    assert.throws(() => resolve(`{{ ${name} }}`, {}), {
      code: 'MANIFEST_NO_VALUE',
      details: {name, env: name.toUpperCase()},
    })
})

test('text without braces is itself; parts put together are the template', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('{{', '}}', '{', '}', ' ', 'a', 'b1', '\n')), pieces => {
      const parsed = parseTemplate(pieces.join(''))
      if (parsed.tag === 'err') return
      const again = parsed.val.parts
        .map(part => ('text' in part ? part.text : `{{${part.variable}}}`))
        .join('')
      assert.equal(again.replace(/\s/g, ''), pieces.join('').replace(/\s/g, ''))
    }),
  )
})
