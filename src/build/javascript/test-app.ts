// build/javascript/test-app.ts: apps on disk for this folder's tests.
import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url))

/** Templates outlive a test run, since the first one takes seconds. */
export const TEST_CACHE = join(PROJECT, 'node_modules', '.cache', 'mayfly-test')

export type TestApp = AsyncDisposable & Readonly<{root: string}>

/** A new folder with these files, gone when disposed. `packages`: the project's own dependencies can be imported. */
export async function createApp(
  files: Readonly<Record<string, string>>,
  {packages = false} = {},
): Promise<TestApp> {
  const root = await mkdtemp(join(tmpdir(), 'mayfly-app-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), {recursive: true})
    await writeFile(join(root, name), text)
  }
  if (packages) await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'))
  return {root, [Symbol.asyncDispose]: () => rm(root, {recursive: true})}
}
