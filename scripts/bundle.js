// scripts/bundle.js: src/ -> dist/, what is published.
import {execFileSync} from 'node:child_process'
import {globSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {build} from 'esbuild'
import {bundleCli, EXTERNAL} from './bundle-cli.js'

const made = await bundleCli()
// The library, beside the command line, with which it shares the files of its threads.
await build({
  entryPoints: ['src/index.ts'],
  outdir: 'dist/cli',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  external: EXTERNAL,
  logLevel: 'warning',
})
// What an earlier version left. Until then the checkout's own command may be running from there.
made.add('dist/cli/index.js')
for (const path of globSync('dist/cli/**/*.*')) if (!made.has(path)) rmSync(path)
// Declarations of the library, and of what they refer to.
rmSync('dist/types', {recursive: true, force: true})
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', 'scripts/types.tsconfig.json'], {
  stdio: 'inherit',
})
keepReachable('dist/types', 'index.d.ts')

/** Deletes the declarations that `entry` does not lead to. In the others, imports name what lies beside them. */
function keepReachable(folder, entry) {
  const reached = new Set()
  const walk = path => {
    if (reached.has(path)) return
    reached.add(path)
    const file = join(folder, path)
    const text = readFileSync(file, 'utf8')
    for (const [, target] of text.matchAll(/\bfrom '(\.[^']*)\.ts'/g))
      walk(join(dirname(path), `${target}.d.ts`))
    writeFileSync(file, text.replace(/(\bfrom '\.[^']*)\.ts'/g, "$1.js'"))
  }
  walk(entry)
  for (const path of globSync('**/*.d.ts', {cwd: folder})) if (!reached.has(path)) rmSync(join(folder, path))
}
