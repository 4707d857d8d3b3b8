// bench/decode.ts: decode, validate and link of a component, against V8's `new WebAssembly.Module` of its core modules
// alone, each in fresh processes in turn, under the flags that workers are started with. V8 validates all code eagerly there
// and compiles functions when they are first called: so does what Mayfly links.
//
//     node bench/decode.ts [component.wasm] [--rounds N]
import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {engineParts} from '../src/cli/engine-parts.ts'
import type {Component} from '../src/engine/component/component.ts'
import {decodeComponent} from '../src/engine/component/decode.ts'
import {validateComponent} from '../src/engine/component/validate.ts'
import {LinkedComponent} from '../src/engine/link/linked-component.ts'
import {createHttpClient} from '../src/wasi/http/client.ts'
import {httpInterfaces} from '../src/wasi/http/http.ts'
import {wasiImports} from '../src/wasi/wasi.ts'
import {figure, median, table} from './parts/figures.ts'

/** At most so many times what V8 takes. */
const BAR = 2

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {rounds: {type: 'string', default: '9'}, once: {type: 'string'}},
})
const path = positionals[0] ?? 'examples/hello/dist/hello.wasm'

type Times = Readonly<Record<string, number>>

const coreModules = ({definitions}: Component): Uint8Array[] =>
  definitions.flatMap(each =>
    each.kind === 'core-module' ? [each.bytes] : each.kind === 'component' ? coreModules(each.component) : [],
  )

/** Milliseconds of each step, and of processors for all. */
function measure(steps: readonly (readonly [name: string, run: () => void])[]): Times {
  const times: Record<string, number> = {}
  const before = process.cpuUsage()
  for (const [name, run] of steps) {
    const start = performance.now()
    run()
    times[name] = performance.now() - start
  }
  const {user, system} = process.cpuUsage(before)
  return {...times, cpu: (user + system) / 1000}
}

function modulesOnly(bytes: Uint8Array): Times {
  const modules = coreModules(decodeComponent(bytes))
  return measure([
    [
      'compile',
      () => {
        for (const module of modules) new WebAssembly.Module(module as Uint8Array<ArrayBuffer>)
      },
    ],
  ])
}

function linked(bytes: Uint8Array): Times {
  const engine = engineParts(process.env)
  const client = createHttpClient({policy: {check: () => 'denied'}})
  const imports = new Map([
    ...wasiImports({clock: engine.entropy, random: engine.entropy, poolBytes: 0}),
    ...httpInterfaces(() => client),
  ])
  let component: Component
  return measure([
    ['decode', () => void (component = decodeComponent(bytes))],
    ['validate', () => void validateComponent(component)],
    ['link', () => void new LinkedComponent(component, {imports, who: path, modules: engine.modules})],
  ])
}

const CONTENDERS = {modules: modulesOnly, mayfly: linked} as const
type Contender = keyof typeof CONTENDERS

if (values.once !== undefined) {
  console.log(JSON.stringify(CONTENDERS[values.once as Contender](readFileSync(path))))
  process.exit()
}

const names = Object.keys(CONTENDERS) as Contender[]
const rounds: Record<Contender, Times[]> = {modules: [], mayfly: []}
for (let round = 0; round < Number(values.rounds); round++)
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    const flags = ['--disable-warning=ExperimentalWarning', '--no-force-async-hooks-checks']
    const args = [...flags, fileURLToPath(import.meta.url), path, '--once', name]
    rounds[name].push(JSON.parse(execFileSync(process.execPath, args, {encoding: 'utf8'})))
  }

const total = ({cpu, ...times}: Times): number => Object.values(times).reduce((sum, each) => sum + each, 0)
const steps = Object.keys(rounds.mayfly[0]!).filter(step => step !== 'cpu')
const cpu = (times: Times): number => times['cpu']!
const ms = (list: readonly Times[], of: (times: Times) => number): string => figure(median(list.map(of)))
const floor = median(rounds.modules.map(total))
const ours = median(rounds.mayfly.map(total))
console.log(
  `${path}, ${figure(readFileSync(path).length / 1e6)} MB, medians of ${values.rounds} fresh processes\n`,
)
console.log(
  table(
    ['', 'ms', 'processor ms'],
    [
      ['new WebAssembly.Module of its core modules', ms(rounds.modules, total), ms(rounds.modules, cpu)],
      ['decode, validate, link', ms(rounds.mayfly, total), ms(rounds.mayfly, cpu)],
      ...steps.map(step => [`  ${step}`, ms(rounds.mayfly, times => times[step]!)]),
    ],
  ),
)
console.log(
  `\n${figure(ours / floor)} times; the bar is ${BAR}: ${ours / floor <= BAR ? 'reached' : 'missed'}`,
)
