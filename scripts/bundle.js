// scripts/bundle.js: src/ -> dist/: few files, so that the installed command starts fast.
import {execFileSync} from 'node:child_process'
import {globSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {build} from 'esbuild'
import {bundleCli, bundleGuests, THREADS} from './bundle-cli.js'

const common = {
  outdir: 'dist/cli',
  platform: 'node',
  format: 'esm',
  target: 'node26',
  sourcemap: false,
  logLevel: 'warning',
}

rmSync('dist', {recursive: true, force: true})
// All in one folder, as deep as src/cli: so that files found beside the code, or from it, are found here too.
await build({
  ...common,
  entryPoints: ['src/index.ts', ...THREADS],
  bundle: true,
  splitting: true,
  // The others have files of their own to read, or are not needed for a start.
  external: ['esbuild', '@bytecodealliance/*'],
  entryNames: '[name]',
})
writeFileSync('dist/cli/main.cjs', (await bundleCli(() => 'moduleUrl')).script)
await bundleGuests({outdir: 'dist/cli/guest'})
// Declarations of the library, and of what they refer to.
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
