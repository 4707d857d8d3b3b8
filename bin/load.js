// bin/load.js: loads the command line: one script with its compiled code, or, in a checkout, its sources.
//
// Compiled code is kept in the user's cache, after a start that has served, since it holds the functions that ran. A
// checkout's sources, some 250 modules, become one script in the same folder, for the next start; it is used as long as
// none of them has changed.
'use strict'
const {existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync} = require('node:fs')
const {join} = require('node:path')

/** Resolves with `main`, and what keeps the code that has been compiled until then. */
exports.load = async root => {
  const folder = join(cacheDir(), 'code', encodeURIComponent(root))
  const isCheckout = existsSync(join(root, 'src'))
  const script = join(isCheckout ? folder : join(root, 'dist/cli'), 'main.cjs')
  return isCheckout && !isFresh(script) ? await loadSources(root, script) : loadScript(root, script, folder)
}

async function loadSources(root, script) {
  const {enableCompileCache, flushCompileCache} = require('node:module')
  if (process.env.NODE_COMPILE_CACHE === undefined) enableCompileCache(join(cacheDir(), 'node'))
  const {main} = await import(require('node:url').pathToFileURL(join(root, 'src/cli/main.ts')).href)
  let kept = false
  const keepCode = () => {
    if (kept) return
    kept = true
    flushCompileCache()
    const {spawn} = require('node:child_process')
    const bundler = join(root, 'scripts/bundle-cli.js')
    spawn(process.execPath, [bundler, script], {detached: true, stdio: 'ignore'}).unref()
  }
  return {main, keepCode}
}

/** Its first lines say the digest of what follows, and, in a checkout, what it was made of. */
function loadScript(root, path, folder) {
  const {Script, constants} = require('node:vm')
  const source = readFileSync(path, 'latin1')
  const digest = source.slice(0, DIGEST_LENGTH)
  // What runs differs too much for one to serve the other.
  const role = process.argv[2] === 'worker' ? 'worker' : process.execArgv.length > 0 ? 'alone' : 'supervisor'
  const flags = new Script('').createCachedData().subarray(FLAG_HASH, FLAG_HASH + 4)
  const codePath = join(folder, `${role}.code`)
  const code = readCode(codePath, digest)
  const script = new Script(`(function(require,module,moduleUrl){${source}\n})`, {
    // Packages that it imports are looked for from there.
    filename: join(root, 'dist/cli/main.cjs'),
    cachedData: code,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const module = {exports: {}}
  script.runInThisContext()(require, module, require('node:url').pathToFileURL(path).href)
  let kept = code !== undefined && !script.cachedDataRejected
  const keepCode = () => {
    if (kept) return
    kept = true
    try {
      const compiled = script.createCachedData()
      // V8 compares its flags with those of now; they have changed, but none that our code depends on.
      flags.copy(compiled, FLAG_HASH)
      mkdirSync(folder, {recursive: true, mode: 0o700})
      const partial = `${codePath}.${process.pid}`
      writeFileSync(partial, Buffer.concat([Buffer.from(digest), compiled]), {flush: true})
      renameSync(partial, codePath)
    } catch {
      // A cache that cannot be written is no reason to fail: the next start is slower, that is all.
    }
  }
  return {main: module.exports.main, keepCode}
}

/** `//` and a SHA-256 in hex. */
const DIGEST_LENGTH = 66

/** Where a script's compiled code says with which flags of V8 it was compiled; were it elsewhere, it would be refused. */
const FLAG_HASH = 12

/** V8 itself checks that the code is of its version and of a script as long; that it is of this one, nobody but us. */
function readCode(path, digest) {
  try {
    const kept = readFileSync(path)
    return kept.latin1Slice(0, DIGEST_LENGTH) === digest ? kept.subarray(DIGEST_LENGTH) : undefined
  } catch {
    return undefined
  }
}

/** Whether the files that a script was made of are as they were then. */
function isFresh(script) {
  try {
    const inputs = JSON.parse(readFileSync(`${script}.json`, 'utf8'))
    return Object.entries(inputs).every(([path, [size, mtimeMs]]) => {
      const found = statSync(path)
      return found.size === size && found.mtimeMs === mtimeMs
    })
  } catch {
    return false
  }
}

/** As in cli/cache-dir.ts. */
function cacheDir() {
  if (process.env.MAYFLY_CACHE_DIR) return process.env.MAYFLY_CACHE_DIR
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'mayfly')
  return join(require('node:os').homedir(), '.cache', 'mayfly')
}
