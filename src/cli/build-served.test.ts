import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {after, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {ask} from '../../test/e2e/harness/client.ts'
import {run, up} from '../../test/e2e/harness/mayfly.ts'
import {until} from '../../test/e2e/harness/until.ts'
import {TEST_CACHE} from '../build/javascript/test-app.ts'
import {listTemplates} from './templates.ts'

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'mayfly-served-'))
after(() => rmSync(root, {recursive: true}))
const options = {cwd: root, env: {MAYFLY_CACHE_DIR: TEST_CACHE}}

for (const {id} of listTemplates()) {
  test(`template ${id}: new, build, up, and an answer`, async context => {
    const name = `my-${id}`
    assert.equal((await run(['new', '-t', id, name, '--accept-defaults'], options)).code, 0)
    const app = join(root, name)
    const dependencies = dependenciesOf(app)
    if (dependencies.length > 0) {
      const {code, err} = await run(['build', name], options)
      assert.equal(code, 1)
      for (const each of dependencies) assert.match(err, new RegExp(`hint: run \`npm install ${each}\``))
      symlinkSync(PACKAGES, join(app, 'node_modules'))
    }
    const built = await run(['build', name], options)
    assert.deepEqual([built.code, built.err], [0, ''])
    const wasm = readFileSync(join(app, 'dist', `${name}.wasm`))
    const served = await up(context, [name], options)
    const {status, body} = await ask(served.url)
    assert.equal(status, 200, served.err())
    assert.match(body, /hello/i)
    assert.ok(wasm.equals(readFileSync(join(app, 'dist', `${name}.wasm`))), '`up` serves what `build` made')
  })
}

function dependenciesOf(app: string): string[] {
  try {
    return Object.keys(JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')).dependencies ?? {})
  } catch {
    return []
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), {recursive: true})
  writeFileSync(join(root, path), text)
}

test('snapshot = "never": the module is loaded in every event, in a restored sandbox', async context => {
  write(
    'never/spin.toml',
    `spin_manifest_version = 2
    application = {name = "never"}
    [[trigger.http]]
    route = "/..."
    component = "never"
    [component.never]
    source = "never.wasm"
    [component.never.tool.mayfly]
    entry = "index.ts"
    snapshot = "never"`,
  )
  write(
    'never/index.ts',
    `const id = Math.random()
    let count = 0
    export default {fetch: () => Response.json({id, later: Math.random(), count: ++count})}`,
  )
  const served = await up(context, ['never'], options)
  const answers = []
  for (let i = 0; i < 20; i++) answers.push(JSON.parse((await ask(served.url)).body))
  assert.deepEqual([...new Set(answers.map(({count}) => count))], [1])
  const drawn = answers.flatMap(({id, later}) => [id, later])
  assert.equal(new Set(drawn).size, drawn.length)
  await served.untilLogged(({sandbox}) => sandbox === 'restored')
})

test('an exception is told once in the log, and on the page, where the developer wrote it', async context => {
  write(
    'throws.ts',
    `type Thing = {y?: {z: string}}

function dig(x: Thing): string {
  return x.y!.z.toUpperCase()
}

export default {
  async fetch(request: Request) {
    if (request.url.endsWith('/text')) throw '<text>'
    return new Response(dig({}))
  },
}
`,
  )
  const served = await up(context, ['throws.ts', '--log-dir', 'logs'], options)
  const {status, body} = await ask(served.url)
  const head = `TypeError: can't access property "z", x.y is undefined`
  const lines = [
    head,
    '  at dig (throws.ts:4:3)',
    '  1 | type Thing = {y?: {z: string}}',
    '  2 |',
    '  3 | function dig(x: Thing): string {',
    '> 4 |   return x.y!.z.toUpperCase()',
    '    |   ^',
    '  5 | }',
    '  6 |',
    '  7 | export default {',
    '  at fetch (throws.ts:10:25)',
    '',
  ]
  assert.equal(status, 500)
  const text = body.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&gt;', '>')
  assert.ok(text.includes(`<pre>component "throws" threw ${lines.join('\n').trimEnd()}</pre>`), body)
  assert.match(text, /<p>at <code>throws\.ts:4:3<\/code><\/p>/)

  const logged = await served.untilLogged(({path}) => path === '/')
  assert.deepEqual(logged.error, {code: 'GUEST_THREW', message: `component "throws" threw ${head}`})
  const told = () =>
    served
      .err()
      .split('\n')
      .filter(line => line.startsWith('throws: '))
  await until(() => told().length >= lines.length - 1)
  assert.deepEqual(
    told(),
    lines.slice(0, -1).map(line => `throws: ${line}`),
  )
  const file = join(root, 'logs', 'throws_stderr.txt')
  await until(() => readFileSync(file, 'utf8') === lines.join('\n'))

  const second = await ask(`${served.url}/text`)
  assert.match(second.body, /<pre>component &quot;throws&quot; threw &quot;&lt;text&gt;&quot;<\/pre>\n$/)
  await until(() => told().length === lines.length)
  assert.equal(told().at(-1), 'throws: thrown: "<text>"')
})
