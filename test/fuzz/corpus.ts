// test/fuzz/corpus.ts: the components that are changed: those of the tests and examples, and one made of JavaScript.
import {globSync, readFileSync, statSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parse} from '@bytecodealliance/jco'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type Corpus = Readonly<{
  small: readonly Uint8Array[]
  /** Some 13 MB; unset where none was built on this machine. */
  large: Uint8Array | undefined
}>

/** In an order that does not depend on the machine, but for `large`. */
export async function corpus(): Promise<Corpus> {
  const small: Uint8Array[] = []
  for (const text of texts()) {
    try {
      small.push(await parse(text))
    } catch {
      // A piece of a text, or one that is wrong on purpose.
    }
  }
  return {small: small.filter(bytes => bytes[6] === 1), large: largeComponent()}
}

function texts(): string[] {
  const read = (pattern: string) =>
    globSync(pattern, {cwd: ROOT})
      .sort()
      .map(path => readFileSync(join(ROOT, path), 'utf8'))
  const literals = read('{src,test}/**/*.{test,fixture,fixtures}.ts').flatMap(text =>
    [...text.matchAll(/[`'](\(component\b[^`]*?\))[`']/g)].map(([, literal]) => literal!),
  )
  return [
    ...read('examples/**/*.wat'),
    ...read('templates/**/*.wat'),
    ...literals.filter(text => !text.includes('${')),
  ]
}

/** The largest component that tests and users have built here. */
function largeComponent(): Uint8Array | undefined {
  const caches = [process.env['MAYFLY_CACHE_DIR'] ?? join(homedir(), '.cache/mayfly'), join(ROOT, 'examples')]
  const sizes = caches
    .flatMap(cwd => globSync('**/*.wasm', {cwd}).map(path => join(cwd, path)))
    .map(path => ({path, size: statSync(path).size}))
    .filter(({size}) => size > 1e6 && size < 30e6)
    .sort((a, b) => b.size - a.size)
  const bytes = sizes[0] && readFileSync(sizes[0].path)
  return bytes?.[6] === 1 ? bytes : undefined
}
