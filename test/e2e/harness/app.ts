// e2e/harness/app.ts: an app in a folder of its own, which goes with the test.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

type After = Readonly<{after(done: () => void): void}>

/** A folder with `files`, by their paths in it. */
export function folder(test: After, files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'mayfly-e2e-'))
  test.after(() => rmSync(dir, {recursive: true, force: true}))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), {recursive: true})
    writeFileSync(join(dir, name), content)
  }
  return dir
}

export type Part = Readonly<{
  id: string
  route: string
  /** A component's file; absolute, or where it is built. */
  source: string
  limits?: Readonly<{cpuMs?: number; idleMs?: number; memoryMb?: number; concurrency?: number}>
  snapshot?: string
  /** allowed_outbound_hosts */
  outbound?: readonly string[]
  /** A folder beside the manifest that it may read. */
  files?: string
  /** Built from `entry`; the paths are asked for then. */
  build?: Readonly<{entry: string; warmUp: readonly string[]}>
}>

const LIMITS = {
  cpuMs: 'cpu_ms',
  idleMs: 'idle_ms',
  memoryMb: 'memory_mb',
  concurrency: 'concurrency',
} as const

/** A spin.toml that serves `parts`. */
export function manifest(parts: readonly Part[]): string {
  const lines = ['spin_manifest_version = 2', '[application]', 'name = "e2e"', 'version = "0.1.0"']
  for (const {id, route, source, limits = {}, snapshot, outbound, files, build} of parts) {
    const set = Object.entries(limits).map(
      ([name, value]) => `${LIMITS[name as keyof typeof LIMITS]} = ${value}`,
    )
    lines.push('[[trigger.http]]', `route = "${route}"`, `component = "${id}"`)
    lines.push(`[component.${id}]`, `source = ${JSON.stringify(source)}`)
    if (outbound !== undefined) lines.push(`allowed_outbound_hosts = ${JSON.stringify(outbound)}`)
    if (files !== undefined) lines.push(`files = [{ source = "${files}", destination = "/" }]`)
    lines.push(`[component.${id}.tool.mayfly]`, `limits = { ${set.join(', ')} }`)
    if (snapshot !== undefined) lines.push(`snapshot = "${snapshot}"`)
    if (build !== undefined)
      lines.push(`entry = "${build.entry}"`, `warm_up = ${JSON.stringify(build.warmUp)}`)
  }
  return `${lines.join('\n')}\n`
}
