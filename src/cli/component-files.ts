// cli/component-files.ts: a component's `files` as what its guest finds.
import {globSync, statSync} from 'node:fs'
import {posix, relative, resolve, sep} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import type {App, Component} from '../manifest/app.ts'
import {placeOf} from '../manifest/places.ts'
import type {Preopen} from '../wasi/filesystem/mounts.ts'

/** @throws SERVE_FILES for a source that is not there, or a pattern that reaches outside the app's folder */
export function preopensOf(app: App, component: Component, root: string): readonly Preopen[] {
  const excluded = new Set(
    component.excludeFiles
      .flatMap(pattern => globSync(pattern, {cwd: root}))
      .map(path => resolve(root, path)),
  )
  const preopens: Preopen[] = []
  const at = () => placeOf(app, `component.${component.id}.files`)
  for (const mount of component.files) {
    if ('source' in mount) {
      const hostPath = resolve(root, mount.source)
      const found = statSync(hostPath, {throwIfNoEntry: false})
      if (found === undefined)
        throw new MayflyError(
          'SERVE_FILES',
          {component: component.id, path: mount.source, reason: 'is not there'},
          {at: at()},
        )
      preopens.push({guestPath: posix.join('/', mount.destination), hostPath})
      continue
    }
    for (const path of globSync(mount.pattern, {cwd: root})) {
      const hostPath = resolve(root, path)
      const inside = relative(root, hostPath)
      if (inside === '..' || inside.startsWith(`..${sep}`))
        throw new MayflyError(
          'SERVE_FILES',
          {
            component: component.id,
            path: mount.pattern,
            reason: 'reaches outside the folder of the manifest',
          },
          {at: at()},
        )
      // What a pattern finds is files; a directory named as it is brings all that is in it.
      const isDirectory = statSync(hostPath, {throwIfNoEntry: false})?.isDirectory() ?? true
      if (isDirectory && path !== mount.pattern.replace(/\/$/, '')) continue
      if (!excluded.has(hostPath)) preopens.push({guestPath: `/${inside.split(sep).join('/')}`, hostPath})
    }
  }
  return preopens
}
