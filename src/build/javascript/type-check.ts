// build/javascript/type-check.ts: what TypeScript's own compiler says of a handler: esbuild takes types out unread.
import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, extname, join, relative, resolve} from 'node:path'
import {MayflyError} from '../../base/errors.ts'

/** Where the app has no tsconfig.json. */
const DEFAULTS = [
  ...[
    '--target',
    'esnext',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--lib',
    'esnext,webworker',
  ],
  ...['--strict', 'false', '--skipLibCheck', '--allowImportingTsExtensions', '--jsx', 'preserve'],
]

/** Of modules that esbuild finds, and names that it defines: no mistakes where nobody has told the compiler of them. */
const UNTOLD: ReadonlySet<string> = new Set(['TS2307', 'TS2580', 'TS2591', 'TS7016'])

/** `src/index.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.`, and lines below it, indented. */
const MISTAKE = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*(?:\n[ \t].*)*)/gm

/**
 * The mistakes in the types of a handler, as the app's tsconfig.json has them found. None where the handler is no
 * TypeScript, or no compiler can be found: that of the app, or else of whoever runs Mayfly.
 * @param entry the handler's file, relative to `root`, the app's folder
 */
export async function typeErrors({
  entry,
  root,
}: Readonly<{entry: string; root: string}>): Promise<MayflyError[]> {
  if (!/^\.[mc]?tsx?$/.test(extname(entry))) return []
  const compiler = findCompiler(root)
  if (compiler === undefined) return []
  const config = nearestConfig(root, entry)
  const what = config === undefined ? [...DEFAULTS, entry] : ['-p', config]
  const output = await printed(compiler, ['--noEmit', '--pretty', 'false', ...what], root)
  const mistakes: MayflyError[] = []
  for (const [, file, line, column, code, text] of output.matchAll(MISTAKE)) {
    if (config === undefined && UNTOLD.has(code!)) continue
    const at = {file: resolve(root, file!), line: Number(line), column: Number(column)}
    mistakes.push(new MayflyError('BUILD_TYPE', {code: code!, reason: text!}, {at}))
  }
  return mistakes
}

function findCompiler(root: string): string | undefined {
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve('typescript/package.json')), 'bin/tsc')
    } catch {
      // The next one may have it.
    }
  }
  return undefined
}

/** From the handler's folder up to the app's. */
function nearestConfig(root: string, entry: string): string | undefined {
  for (let folder = dirname(resolve(root, entry)); ; folder = dirname(folder)) {
    const config = join(folder, 'tsconfig.json')
    if (existsSync(config)) return config
    if (relative(root, folder) === '' || folder === dirname(folder)) return undefined
  }
}

/** It fails when it finds mistakes; should it fail otherwise, there is nothing to tell. */
const printed = (compiler: string, args: readonly string[], cwd: string): Promise<string> =>
  new Promise(tell => {
    execFile(process.execPath, [compiler, ...args], {cwd, maxBuffer: 16 * 2 ** 20}, (_, stdout) =>
      tell(stdout),
    )
  })
