// cli/build-app.ts: what `mayfly build` does.
import {basename, dirname, join, relative} from 'node:path'
import {readApp} from './app-on-disk.ts'
import {buildTarget, cacheFolder} from './build-target.ts'
import type {BuildOptions, Built} from './parts.ts'

/** Builds the components of an app to where its manifest says, or a lone handler to a file beside it. */
export async function buildApp(options: BuildOptions): Promise<readonly Built[]> {
  const {source} = options
  const {root, components} = await readApp(source, options)
  const beside = join(dirname(source.path), `${basename(source.path).replace(/\.\w+$/, '')}.wasm`)
  const output = options.output ?? beside
  const lone = source.kind === 'manifest' ? {} : {output, records: cacheFolder(source.path, output)}
  const built: Built[] = []
  for (const component of components) {
    const {path, ...rest} = await buildTarget(component, {root, runCommands: true, ...lone})
    built.push({...rest, path: relative(process.cwd(), path)})
  }
  return built
}
