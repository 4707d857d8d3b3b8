import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import {type Finding, renderFindings} from './finding.ts'
import {
  addressSpaceFinding,
  cacheFinding,
  machineFindings,
  mapCountFinding,
  nodeFinding,
  tierFinding,
} from './machine.ts'
import {toolchainFindings} from './toolchains.ts'

test('findings as text', () => {
  assert.equal(
    renderFindings([
      {subject: 'Node', state: 'ok', found: '26.1.0'},
      {subject: 'restore tier', state: 'warn', found: 'copy', remedy: 'a newer kernel'},
    ]),
    'ok     Node          26.1.0\nwarn   restore tier  copy\n                     → a newer kernel\n',
  )
})

test('what each finding says', () => {
  const cases: readonly [Finding, Finding['state']][] = [
    [nodeFinding('26.0.0'), 'ok'],
    [nodeFinding('20.20.2'), 'error'],
    [tierFinding({name: 'cow', reason: ''}), 'ok'],
    [tierFinding({name: 'copy', reason: 'no FFI'}), 'warn'],
    [mapCountFinding(65_530), 'ok'],
    [mapCountFinding(1_000), 'warn'],
    [mapCountFinding(undefined), 'warn'],
    [addressSpaceFinding(undefined), 'ok'],
    [addressSpaceFinding(100 * 1024 * 1024), 'warn'],
    [addressSpaceFinding(1024 * 1024), 'error'],
  ]
  for (const [finding, state] of cases) {
    assert.equal(finding.state, state, finding.subject)
    if (state !== 'ok' && finding.found !== 'unknown: /proc is not readable')
      assert(finding.remedy, finding.subject)
  }
})

test('a cache that cannot be written', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mayfly-doctor-'))
  writeFileSync(join(dir, 'file'), '')
  assert.equal(cacheFinding(join(dir, 'new')).state, 'ok')
  assert.equal(cacheFinding(join(dir, 'file')).state, 'warn')
  rmSync(dir, {recursive: true})
})

test('this machine has no error', () => {
  const env = {MAYFLY_CACHE_DIR: join(tmpdir(), 'mayfly-doctor-cache')}
  const findings = machineFindings({tier: {name: 'cow', reason: ''}, env})
  assert.deepEqual(
    findings.filter(({state}) => state === 'error'),
    [],
  )
})

test('toolchains that are there, and those that are not', async () => {
  const answers: Record<string, string> = {
    'cargo --version': 'cargo 1.95.0 (abc 2026)',
    'rustc --print sysroot': '/rust\n',
    'ls /rust/lib/rustlib': 'etc\nwasm32-wasip2\nx86_64-unknown-linux-gnu\n',
    'go version': 'go version go1.26.8 linux/amd64',
  }
  const findings = await toolchainFindings(async (program, args) => answers[[program, ...args].join(' ')])
  const bySubject = Object.fromEntries(findings.map(finding => [finding.subject, finding]))
  assert.match(bySubject['cargo']!.found, /^1\.95\.0 /)
  assert.equal(bySubject['Rust targets']!.found, 'wasm32-wasip2')
  assert.match(bySubject['go']!.found, /^1\.26\.8 /)
  assert.equal(bySubject['zig']!.state, 'warn')
  assert.match(bySubject['zig']!.remedy!, /install it for Zig/)
})
