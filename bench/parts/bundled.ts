// bench/parts/bundled.ts: runs a part of a bench as users run Mayfly: as one script, with the compiled code that was kept.
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'

const LOADER = fileURLToPath(new URL('../../bin/load.js', import.meta.url))

/** What bin/load.js gives to `main`. */
export type KeptCode = Readonly<{keep(): void}>

/**
 * Makes a script of the module `entry`, which exports `main(args, code)`. Returns Node's arguments before `args`; the
 * first of these names the code that is kept.
 */
export async function bundled(entry: URL, dir: string): Promise<readonly string[]> {
  // Where the command line lies in a package: the loader takes it for one.
  const outfile = join(dir, 'dist/cli/main.cjs')
  mkdirSync(dir, {recursive: true})
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    minifyWhitespace: true,
    minifySyntax: true,
    define: {'import.meta.url': 'moduleUrl'},
    logLevel: 'warning',
  })
  const [loader, root, cache] = [LOADER, dir, join(dir, 'cache')].map(path => JSON.stringify(path))
  const load = `process.env.MAYFLY_CACHE_DIR=${cache};require(${loader}).load(${root}).then(({main,code})=>main(process.argv.slice(2),code))`
  return ['-e', load, 'bench']
}
