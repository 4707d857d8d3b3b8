// server/watch.ts: sources change → the app is built anew and put in the running one's place.
import {type FSWatcher, statSync, watch} from 'node:fs'
import {basename, dirname} from 'node:path'

export type WatchOptions = Readonly<{
  /** Absolute paths of files and directories (with all below them). */
  inputs: readonly string[]
  /** Builds and serves the new version; resolves with its inputs. */
  rebuild: () => Promise<readonly string[]>
  onServed: (ms: number) => void
  onFailure: (error: unknown) => void
  /** Changes this close together are one. Default 100. */
  debounceMs?: number
}>

/** Directories that hold results or history, never sources. */
const IGNORED = new Set(['node_modules', '.git', '.spin', '.mayfly', 'dist', 'target'])

/** Watches until `close`. While a build runs, further changes wait for it; then there is one more build for all of them. */
export function startWatching(options: WatchOptions): Readonly<{close: () => void}> {
  const {debounceMs = 100} = options
  let timer: NodeJS.Timeout | undefined
  let building = false
  let changedMeanwhile = false
  let closed = false
  let watched = watchInputs(options.inputs, onChange)

  function onChange(): void {
    if (closed) return
    if (building) {
      changedMeanwhile = true
      return
    }
    clearTimeout(timer)
    timer = setTimeout(build, debounceMs)
  }
  async function build(): Promise<void> {
    building = true
    changedMeanwhile = false
    const started = performance.now()
    try {
      const inputs = await options.rebuild()
      if (!closed) {
        const before = watched
        watched = watchInputs(inputs, onChange)
        before.close()
        options.onServed(Math.round(performance.now() - started))
      }
    } catch (error) {
      if (!closed) options.onFailure(error)
    }
    building = false
    if (changedMeanwhile) onChange()
  }

  return {
    close() {
      closed = true
      clearTimeout(timer)
      watched.close()
    },
  }
}

/** Files are watched through their directory, because editors replace them by renaming. */
function watchInputs(inputs: readonly string[], onChange: () => void): Readonly<{close: () => void}> {
  const files = new Map<string, Set<string>>()
  const watchers: FSWatcher[] = []
  const add = (path: string, recursive: boolean, concerns: (file: string) => boolean): void => {
    try {
      const watcher = watch(path, {recursive}, (_, file) => {
        if (file === null || concerns(file)) onChange()
      })
      // A directory that is removed ends its watcher; the build says what is missing.
      watcher.on('error', onChange)
      watchers.push(watcher)
    } catch {
      // Not there (any more): the build has said so or will.
    }
  }
  for (const input of inputs) {
    if (statSync(input, {throwIfNoEntry: false})?.isDirectory()) {
      add(input, true, file => !file.split(/[\\/]/).some(part => IGNORED.has(part)))
    } else {
      const directory = dirname(input)
      const names = files.get(directory) ?? new Set<string>()
      names.add(basename(input))
      files.set(directory, names)
    }
  }
  for (const [directory, names] of files) add(directory, false, file => names.has(file))
  return {
    close: () => {
      for (const watcher of watchers) watcher.close()
    },
  }
}
