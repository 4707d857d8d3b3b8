// test/embedding-docs.test.ts: follows docs/embedding.md word by word: writes its files, runs its commands, and compares what
// they print. UPDATE_GOLDEN=1 writes what they print into the document.
import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {fileURLToPath} from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCUMENT = join(ROOT, 'docs/embedding.md')
const dir = mkdtempSync(join(tmpdir(), 'mayfly-embedding-'))
after(() => rmSync(dir, {recursive: true}))

type Block = {language: string; file: string; text: string}
const FENCE = /^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm

/** What a reader gets with `npm install mayfly`. */
function install(): void {
  mkdirSync(join(dir, 'node_modules'))
  symlinkSync(ROOT, join(dir, 'node_modules/mayfly'))
  symlinkSync(join(ROOT, 'node_modules/@types'), join(dir, 'node_modules/@types'))
  writeFileSync(join(dir, 'package.json'), '{"type": "module"}')
}

function run(line: string): string {
  const [command, file] = line.split(' > ') as [string, string?]
  const [tool, ...args] = command.replace(/^npx /, '').split(' ') as [string, ...string[]]
  const own = {
    mayfly: [join(ROOT, 'bin/mayfly.js')],
    node: ['--conditions=mayfly-source', '--disable-warning=ExperimentalWarning'],
  }[tool]
  assert.ok(own !== undefined, `the document runs ${tool}`)
  const printed = execFileSync(process.execPath, [...own, ...args], {
    cwd: dir,
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (file === undefined) return printed
  writeFileSync(join(dir, file), printed)
  return ''
}

test('the page on embedding can be followed, and says what happens', () => {
  install()
  let document = readFileSync(DOCUMENT, 'utf8')
  const blocks: Block[] = [...document.matchAll(FENCE)].map(([, language, file, text]) => ({
    language: language!,
    file: file!,
    text: text!,
  }))
  for (const [i, {language, file, text}] of blocks.entries()) {
    if (file !== '') writeFileSync(join(dir, file), text)
    if (language !== 'sh' || text.startsWith('npm install')) continue
    const printed = text.trimEnd().split('\n').map(run).join('')
    const next = blocks[i + 1]
    if (next?.language !== 'text') continue
    if (process.env['UPDATE_GOLDEN'] === '1')
      document = document.replace(
        `\`\`\`sh\n${text}\`\`\`\n\n\`\`\`text\n${next.text}\`\`\``,
        () => `\`\`\`sh\n${text}\`\`\`\n\n\`\`\`text\n${printed}\`\`\``,
      )
    else assert.equal(printed, next.text, text)
  }
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(DOCUMENT, document)

  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {customConditions: ['mayfly-source'], types: ['node']},
    include: ['*.ts', join(ROOT, 'src/base/*.d.ts')],
  }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config))
  try {
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', dir], {
      stdio: 'pipe',
    })
  } catch (error) {
    assert.fail(String((error as {stdout: Buffer}).stdout))
  }
})
