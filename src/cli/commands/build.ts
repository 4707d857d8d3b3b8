// cli/commands/build.ts: mayfly build.
import {resolve} from 'node:path'
import {MayflyError} from '../../base/errors.ts'
import {findSource} from '../app-source.ts'
import {defineCommand} from '../command.ts'
import {byteSize} from '../units.ts'

export const command = defineCommand({
  name: 'build',
  usage: '[spin.toml | DIR | handler.ts] [OPTIONS]',
  summary: 'write standard components to disk, which other WebAssembly runtimes run too',
  details: ['examples:', '  mayfly build shop', '  mayfly build handler.ts -o handler.wasm'].join('\n'),
  flags: {
    from: {type: 'text', short: 'f', value: 'FILE|DIR', help: 'what to build (instead of the argument)'},
    output: {type: 'text', short: 'o', value: 'FILE', help: 'where the component of a single handler goes'},
    'component-id': {type: 'list', short: 'c', value: 'ID', help: 'build this component only'},
    profile: {type: 'text', value: 'NAME', help: 'build profile of the manifest'},
    quiet: {type: 'switch', short: 'q', help: 'print errors only'},
    'skip-target-checks': {type: 'switch', help: '', unsupported: true},
    'skip-generate-wits': {type: 'switch', help: '', unsupported: true},
    up: {type: 'switch', short: 'u', help: '', unsupported: true},
  },
  maxPositionals: 1,
  async run({values, positionals, terminal}) {
    if (values.from !== undefined && positionals[0] !== undefined) {
      throw new MayflyError('CLI_UNEXPECTED_ARGUMENT', {argument: positionals[0], command: 'build'})
    }
    const source = findSource(values.from ?? positionals[0] ?? '.', terminal.cwd)
    if (values.output !== undefined && source.kind === 'manifest') {
      const reason = 'a manifest says where its components go (`source`)'
      throw new MayflyError('CLI_BAD_VALUE', {option: '--output', value: values.output, reason})
    }
    const {buildApp} = await import('../compose.ts')
    const built = await buildApp({
      source,
      output: values.output === undefined ? undefined : resolve(terminal.cwd, values.output),
      components: values['component-id'],
      profile: values.profile,
    })
    for (const {component, warnings} of built) {
      for (const warning of warnings) terminal.err(`warning: ${component}: ${warning}\n`)
    }
    if (values.quiet) return 0
    for (const {component, path, byteLength, ms, fresh} of built) {
      const how = fresh ? 'is up to date' : `built in ${Math.round(ms)} ms`
      terminal.out(`${component}: ${path} (${byteSize(byteLength)}) ${how}\n`)
    }
    return 0
  },
})
