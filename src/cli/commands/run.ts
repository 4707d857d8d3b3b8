// cli/commands/run.ts: mayfly run.
import {MayflyError} from '../../base/errors.ts'
import {defineCommand} from '../command.ts'
import {RUN_FLAGS, readRunOptions} from '../run-options.ts'

/** As a process has it that was aborted: shells and test runners tell a crash from a failure by it. */
const ABORTED = process.platform === 'win32' ? 3 : 134

export const command = defineCommand({
  name: 'run',
  usage: 'FILE [OPTIONS] [--] [ARGS]',
  summary: 'run a WebAssembly program once: a core module of WASI 0.1, or a component with wasi:cli/run',
  details: [
    'examples:',
    '  mayfly run hello.wasm',
    '  mayfly run --dir ./data::/data --env LANG tool.wasm -- --verbose /data/in.txt',
    '  mayfly run --invoke add math.wasm 1 2',
  ].join('\n'),
  flags: RUN_FLAGS,
  maxPositionals: Number.POSITIVE_INFINITY,
  async run({values, positionals, terminal}) {
    const options = readRunOptions(values, positionals, terminal)
    const {runProgram} = await import('../run-program.ts')
    try {
      return await runProgram(options)
    } catch (error) {
      if (!trapped(error)) throw error
      const {reportThrown} = await import('../report.ts')
      reportThrown(error, terminal)
      return ABORTED
    }
  },
})

/** What the host refused is an error like others; a trap is the program's own end. */
const trapped = (error: unknown): boolean =>
  error instanceof MayflyError &&
  (error.code === 'LIMIT_MEMORY' || (error.code.startsWith('TRAP_') && error.code !== 'TRAP_HOST'))
