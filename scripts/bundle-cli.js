// scripts/bundle-cli.js: the command line as one CommonJS script, which bin/load.js runs.
//
// node scripts/bundle-cli.js FILE    in a checkout: the script stays beside its sources in all but place
import {createHash} from 'node:crypto'
import {globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {build} from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node26',
  minifyWhitespace: true,
  minifySyntax: true,
  external: ['esbuild', '@bytecodealliance/*'],
  write: false,
  metafile: true,
  logLevel: 'warning',
}

/**
 * Returns the script, and the absolute paths of what it was made of. `url(path, text)` is the expression that a source's
 * `import.meta.url` becomes.
 */
export async function bundleCli(url) {
  const result = await build({
    ...COMMON,
    entryPoints: ['src/cli/main.ts'],
    plugins: [moduleUrls(url)],
    outfile: 'main.cjs',
  })
  const [{contents}] = result.outputFiles
  const digest = createHash('sha256').update(contents).digest('hex')
  return {
    script: Buffer.concat([Buffer.from(`//${digest}\n`), contents]),
    inputs: inputsOf(result),
  }
}

const inputsOf = ({metafile}) => Object.keys(metafile.inputs).map(path => resolve(ROOT, path))

/** What goes into guests is read as it is, one by one. */
export const bundleGuests = options =>
  build({
    absWorkingDir: ROOT,
    entryPoints: globSync('src/build/javascript/guest/*.ts', {cwd: ROOT}).filter(
      path => !/\.(test|d)\.ts$/.test(path),
    ),
    format: 'esm',
    target: 'node26',
    logLevel: 'warning',
    ...options,
  })

const moduleUrls = url => ({
  name: 'module-urls',
  setup({onLoad}) {
    onLoad({filter: /\.ts$/}, ({path}) => {
      const text = readFileSync(path, 'utf8')
      return {contents: text.replaceAll('import.meta.url', url(path, text)), loader: 'ts'}
    })
  },
})

/** Others may be at the same, or run what is there. */
function replace(path, content) {
  const partial = `${path}.${process.pid}`
  writeFileSync(partial, content)
  renameSync(partial, path)
}

export const THREADS = ['src/engine/limits/watchdog-thread.ts', 'src/build/javascript/init-thread.ts']

/** In a checkout. Sources that ask whether they are TypeScript look for others beside them, which lie beside the script. */
async function bundleCheckout(file) {
  const before = Date.now()
  const folder = dirname(file)
  const threads = await build({...COMMON, entryPoints: THREADS, outdir: folder, entryNames: '[name]'})
  const guests = await bundleGuests({outdir: join(folder, 'guest'), write: false, metafile: true})
  const {script, inputs} = await bundleCli((path, text) =>
    text.includes(".endsWith('.ts')") ? 'moduleUrl' : JSON.stringify(pathToFileURL(path).href),
  )
  const paths = [...inputs, ...inputsOf(threads), ...inputsOf(guests), fileURLToPath(import.meta.url)]
  const stamps = paths.map(path => [path, (({size, mtimeMs}) => [size, mtimeMs])(statSync(path))])
  // What was saved meanwhile may be in the script or not.
  if (stamps.some(([, [, mtimeMs]]) => mtimeMs >= before)) return
  mkdirSync(folder, {recursive: true, mode: 0o700})
  mkdirSync(join(folder, 'guest'), {recursive: true})
  rmSync(`${file}.json`, {force: true})
  for (const {path, contents} of [...threads.outputFiles, ...guests.outputFiles]) replace(path, contents)
  replace(file, script)
  replace(`${file}.json`, JSON.stringify(Object.fromEntries(stamps)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleCheckout(process.argv[2])
