// scripts/bundle-cli.js: the command line as one CommonJS script, which bin/load.js runs, and what it reads beside it.
//
// npm runs this in a checkout after `npm install`, as `postprepare`: `prepare` it takes for a script that whoever installs
// the package has to allow. The sources are run themselves once they have changed. All lies in one folder, as deep as
// src/cli: files that are found beside the code, or from it, are found here too.
import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const OUT = join(ROOT, 'dist/cli')
/** Which files the script was made of, with their sizes and times. Not published. */
const STAMPS = join(ROOT, 'dist/sources.json')
const GUESTS = 'src/build/javascript/guest'

const COMMON = {
  absWorkingDir: ROOT,
  platform: 'node',
  target: 'node26',
  logLevel: 'warning',
  write: false,
  metafile: true,
}

/** Node's own, and those that have files of their own to read, or that no start needs. */
export const EXTERNAL = ['esbuild', '@bytecodealliance/*']

const script = () =>
  build({
    ...COMMON,
    entryPoints: ['src/cli/main.ts'],
    outfile: join(OUT, 'main.cjs'),
    bundle: true,
    format: 'cjs',
    external: EXTERNAL,
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [asScript],
  })

/** Threads are loaded as files: of CommonJS, which a thread starts in half the time of a module. */
const threads = () =>
  build({
    ...COMMON,
    entryPoints: ['src/engine/limits/watchdog-thread.ts', 'src/build/javascript/init-thread.ts'],
    outdir: OUT,
    entryNames: '[name]',
    outExtension: {'.js': '.cjs'},
    bundle: true,
    format: 'cjs',
    external: EXTERNAL,
  })

/** What goes into guests is read as it is, one by one. */
const guests = () =>
  build({
    ...COMMON,
    entryPoints: readdirSync(join(ROOT, GUESTS))
      .filter(name => /\.ts$/.test(name) && !/\.(test|d)\.ts$/.test(name))
      .map(name => `${GUESTS}/${name}`),
    outdir: join(OUT, 'guest'),
    format: 'esm',
  })

/**
 * bin/load.js gives the script its URL. What is imported of node as a whole is what `require` gives: esbuild would define
 * all that is in it once more, for each module that imports it, and node:fs is imported by ten.
 */
const asScript = {
  name: 'as-script',
  setup({onLoad}) {
    onLoad({filter: /\.ts$/}, ({path}) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', 'moduleUrl')
        .replaceAll(/^import (\w+) from '(node:\w+)'$/gm, "const $1 = require('$2')"),
      loader: 'ts',
    }))
  },
}

/** Returns the paths of the files that it made, from the root. */
export async function bundleCli() {
  const before = Date.now()
  rmSync(STAMPS, {force: true})
  const results = await Promise.all([script(), threads(), guests()])
  const files = results.flatMap(({outputFiles}) => outputFiles)
  for (const {path, contents} of files) replace(path, contents)
  // Packages change when npm installs, which runs this again.
  const sources = results
    .flatMap(({metafile}) => Object.keys(metafile.inputs))
    .filter(path => !path.includes('node_modules'))
  const stamps = Object.fromEntries(
    ['scripts/bundle-cli.js', ...sources].map(path => {
      const {size, mtimeMs} = statSync(join(ROOT, path))
      return [path, [size, mtimeMs]]
    }),
  )
  // What was saved meanwhile may be in the script or not.
  if (Object.values(stamps).every(([, mtimeMs]) => mtimeMs < before)) replace(STAMPS, JSON.stringify(stamps))
  return new Set(files.map(({path}) => relative(ROOT, path)))
}

/** Others may run what is there. */
function replace(path, content) {
  const partial = `${path}.${process.pid}`
  mkdirSync(dirname(path), {recursive: true})
  writeFileSync(partial, content)
  renameSync(partial, path)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await bundleCli()
  } catch (error) {
    // The sources run too, only later.
    console.error(`the command line is not bundled, and starts slower: ${error.message}`)
  }
}
