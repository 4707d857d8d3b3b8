// bin/load.js: loads the command line: the script that was made of its sources, or, where they have changed since, the
// sources themselves.
//
// The code that V8 has compiled of the script is kept in the user's cache, together with the functions that ran, which
// Node's own cache leaves out: it is worth more than two starts of Node. A cache that cannot be used changes nothing but the
// time.
'use strict'
const {mkdirSync, readFileSync, renameSync, statSync, unlink, writeFileSync} = require('node:fs')
const {dirname, join} = require('node:path')

/** Resolves with `main`, and with `code`, that which is compiled: what it is, whether it was kept before, and how to keep it now. */
exports.load = async root => {
  const sources = join(root, 'src/cli/main.ts')
  const [command, code] = process.argv.slice(2)
  if (command === 'worker' ? code === 'sources' : isEdited(root, sources)) return await loadSources(sources)
  return loadScript(root, join(root, 'dist/cli/main.cjs'))
}

/** Only a checkout has sources. */
const isEdited = (root, sources) => statSync(sources, {throwIfNoEntry: false}) !== undefined && !isFresh(root)

/** Whether the files that the script was made of are as they were then. */
function isFresh(root) {
  try {
    const stamps = JSON.parse(readFileSync(join(root, 'dist/sources.json'), 'utf8'))
    return Object.entries(stamps).every(([path, [size, mtimeMs]]) => {
      const found = statSync(`${root}/${path}`)
      return found.size === size && found.mtimeMs === mtimeMs
    })
  } catch {
    return false
  }
}

async function loadSources(path) {
  const {enableCompileCache} = require('node:module')
  if (process.env.NODE_COMPILE_CACHE === undefined) enableCompileCache(join(cacheDir(), 'node'))
  const {main} = await import(require('node:url').pathToFileURL(path).href)
  return {main, code: {identity: undefined, isKept: true, keep() {}}}
}

function loadScript(root, path) {
  const {Script, constants} = require('node:vm')
  const source = readFileSync(path, 'utf8')
  const identity = identityOf(path)
  const codePath = join(codeDir(root), `${roleOf(process.argv.slice(2))}.code`)
  const known = readCode(codePath, identity)
  // Those of now: `keep` is called when V8 has been given others.
  const flagHash = flagHashOf(new Script('').createCachedData()).slice()
  const script = new Script(`(function(exports,require,module,moduleUrl){${source}\n})`, {
    filename: path,
    cachedData: known,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const module = {exports: {}}
  const moduleUrl = require('node:url').pathToFileURL(path).href
  script.runInThisContext()(module.exports, requireLazily(path), module, moduleUrl)
  const isKept = known !== undefined && !script.cachedDataRejected
  let size = isKept ? known.length : 0
  const keep = () => {
    const compiled = script.createCachedData()
    if (compiled.length <= size * WORTH_WRITING) return
    size = compiled.length
    flagHash.copy(flagHashOf(compiled))
    replace(codePath, Buffer.concat([identity, compiled]))
  }
  return {main: module.exports.main, code: {identity: identity.toString().trim(), isKept, keep}}
}

/** Of Node's modules, those that take long to load and that most starts need late, or never. */
const LAZY = new Set([
  'child_process',
  'crypto',
  'dns',
  'fs/promises',
  'module',
  'readline',
  'vm',
  'worker_threads',
])

/** What the script requires; it looks into a module only to use something of it. */
function requireLazily(path) {
  const requireNow = require('node:module').createRequire(path)
  return id =>
    LAZY.has(id.replace(/^node:/, ''))
      ? new Proxy({}, {get: (_, name) => requireNow(id)[name]})
      : requireNow(id)
}

/** Functions that ran in this process may be new to what is kept; a few are not worth it. */
const WORTH_WRITING = 1.05

/**
 * The flags of V8 that code was compiled with, as its head tells; those that we set at run time change nothing of our own
 * code, but V8 compares. It looks at all of the head: were it laid out another way, the code would be refused.
 */
const flagHashOf = cachedData => cachedData.subarray(12, 16)

/** What differs when the script does, or the Node that compiles it; of constant length. */
function identityOf(path) {
  const {size, mtimeMs, ctimeMs, ino} = statSync(path)
  return Buffer.from(`${process.version} ${process.arch} ${size} ${mtimeMs} ${ctimeMs} ${ino}`.padEnd(128))
}

/** Of what runs in one kind of process the others need little. */
function roleOf(args) {
  const command = /^[a-z]+$/.exec(args[0] ?? '')?.[0] ?? 'none'
  return /\0--workers[=\0]1(\0|$)/.test(args.join('\0')) ? `${command}-alone` : command
}

function readCode(path, identity) {
  try {
    const kept = readFileSync(path)
    return kept.subarray(0, identity.length).equals(identity) ? kept.subarray(identity.length) : undefined
  } catch {
    return undefined
  }
}

/** Others may read it, or be at the same. */
function replace(path, content) {
  const partial = `${path}.${process.pid}`
  try {
    mkdirSync(dirname(path), {recursive: true, mode: 0o700})
    writeFileSync(partial, content, {flush: true})
    renameSync(partial, path)
  } catch {
    // No room, or not allowed.
    unlink(partial, () => {})
  }
}

const codeDir = root => join(cacheDir(), 'code', encodeURIComponent(root).slice(-200))

/** As in cli/cache-dir.ts. */
function cacheDir() {
  if (process.env.MAYFLY_CACHE_DIR) return process.env.MAYFLY_CACHE_DIR
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'mayfly')
  return join(require('node:os').homedir(), '.cache', 'mayfly')
}
