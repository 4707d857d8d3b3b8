// cli/doctor/toolchains.ts: which languages can be built to components here.
import {execFile} from 'node:child_process'
import type {Finding} from './finding.ts'

/** Answers with a program's output, or undefined when it is not there or fails. */
export type Ask = (program: string, args: readonly string[]) => Promise<string | undefined>

type Toolchain = Readonly<{
  subject: string
  program: string
  args: readonly string[]
  /** Finds the version in what the program prints. */
  version: RegExp
  /** What is built or done with it. */
  purpose: string
}>

const TOOLCHAINS: readonly Toolchain[] = [
  {
    subject: 'cargo',
    program: 'cargo',
    args: ['--version'],
    version: /cargo (\S+)/,
    purpose: 'Rust components',
  },
  {subject: 'go', program: 'go', args: ['version'], version: /go(\d\S*)/, purpose: 'Go components'},
  {
    subject: 'componentize-py',
    program: 'componentize-py',
    args: ['--version'],
    version: /(\d\S*)/,
    purpose: 'Python components',
  },
  {subject: 'zig', program: 'zig', args: ['version'], version: /(\d\S*)/, purpose: 'Zig and C components'},
  {
    subject: 'clang',
    program: 'clang',
    args: ['--version'],
    version: /version (\S+)/,
    purpose: 'C components',
  },
  {
    subject: 'wasm-tools',
    program: 'wasm-tools',
    args: ['--version'],
    version: /wasm-tools (\S+)/,
    purpose: 'making components of core modules',
  },
  {
    subject: 'wasmtime',
    program: 'wasmtime',
    args: ['--version'],
    version: /wasmtime (\S+)/,
    purpose: 'comparing with another runtime',
  },
]

const WASM_TARGETS = ['wasm32-wasip2', 'wasm32-wasip1', 'wasm32-unknown-unknown']

/** JavaScript and TypeScript need nothing; every other toolchain is optional. */
export async function toolchainFindings(ask: Ask = askProgram): Promise<readonly Finding[]> {
  const rows = await Promise.all(TOOLCHAINS.map(toolchain => findingOf(toolchain, ask)))
  return [{subject: 'JavaScript', state: 'ok', found: 'built in: esbuild and StarlingMonkey'}, ...rows.flat()]
}

async function findingOf(toolchain: Toolchain, ask: Ask): Promise<readonly Finding[]> {
  const {subject, program, args, purpose} = toolchain
  const printed = await ask(program, args)
  if (printed === undefined) {
    return [
      {
        subject,
        state: 'warn',
        found: 'not found',
        remedy: `install it for ${purpose}; nothing else needs it`,
      },
    ]
  }
  const found = `${toolchain.version.exec(printed)?.[1] ?? 'present'} (${purpose})`
  const finding: Finding = {subject, state: 'ok', found}
  return program === 'cargo' ? [finding, await rustTargets(ask)] : [finding]
}

async function rustTargets(ask: Ask): Promise<Finding> {
  const subject = 'Rust targets'
  const sysroot = (await ask('rustc', ['--print', 'sysroot']))?.trim()
  const listed = sysroot === undefined ? undefined : await ask('ls', [`${sysroot}/lib/rustlib`])
  const present = WASM_TARGETS.filter(target => listed?.split(/\s+/).includes(target))
  if (present.length > 0) return {subject, state: 'ok', found: present.join(', ')}
  return {subject, state: 'warn', found: 'none for WebAssembly', remedy: 'rustup target add wasm32-wasip2'}
}

function askProgram(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise(resolve => {
    execFile(program, [...args], {timeout: 5_000}, (error, stdout, stderr) => {
      resolve(error === null ? `${stdout}${stderr}` : undefined)
    })
  })
}
