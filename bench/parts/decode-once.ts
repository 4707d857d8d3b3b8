// bench/parts/decode-once.ts: one measurement of bench/decode.ts, in a process of its own.
import {readFileSync} from 'node:fs'
import {setFlagsFromString} from 'node:v8'
import {engineParts} from '../../src/cli/engine-parts.ts'
import type {Component} from '../../src/engine/component/component.ts'
import {decodeComponent} from '../../src/engine/component/decode.ts'
import {coreModulesOf} from '../../src/engine/component/skeleton.ts'
import {validateComponent} from '../../src/engine/component/validate.ts'
import {LinkedComponent} from '../../src/engine/link/linked-component.ts'
import {createHttpClient} from '../../src/wasi/http/client.ts'
import {httpInterfaces} from '../../src/wasi/http/http.ts'
import {wasiImports} from '../../src/wasi/wasi.ts'
import type {KeptCode} from './bundled.ts'

/** Milliseconds. */
export type Times = Readonly<Record<string, number>>

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
  const modules = coreModulesOf(decodeComponent(bytes))
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
    ['link', () => void new LinkedComponent(component, {imports, who: 'bench', modules: engine.modules})],
  ])
}

const CONTENDERS = {modules: modulesOnly, mayfly: linked} as const
export type Contender = keyof typeof CONTENDERS

/** Prints the times of each round. */
export function main([contender, path, rounds]: string[], code: KeptCode): void {
  const bytes = readFileSync(path!)
  const run = CONTENDERS[contender as Contender]
  // V8 would give what it compiled in the round before.
  if (rounds !== '1') setFlagsFromString('--no-wasm-native-module-cache')
  console.log(JSON.stringify(Array.from({length: Number(rounds)}, () => run(bytes))))
  if (rounds === '1') code.keep()
}
