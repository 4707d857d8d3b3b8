// scripts/bundle.js: src/ -> dist/: few files, so that the installed command starts fast.
import {globSync, rmSync} from 'node:fs'
import {build} from 'esbuild'

const common = {
  outdir: 'dist/cli',
  platform: 'node',
  format: 'esm',
  target: 'node26',
  sourcemap: false,
  logLevel: 'warning',
}

rmSync('dist', {recursive: true, force: true})
// All in one folder, as deep as src/cli: so that files found beside the code, or from it, are found here too.
await build({
  ...common,
  entryPoints: [
    'src/cli/main.ts',
    'src/engine/limits/watchdog-thread.ts',
    'src/build/javascript/init-thread.ts',
  ],
  bundle: true,
  splitting: true,
  // The others have files of their own to read, or are not needed for a start.
  external: ['esbuild', '@bytecodealliance/*'],
  entryNames: '[name]',
})
// What goes into guests is read as it is, one by one.
await build({
  ...common,
  entryPoints: globSync('src/build/javascript/guest/*.ts').filter(path => !/\.(test|d)\.ts$/.test(path)),
  outdir: 'dist/cli/guest',
})
