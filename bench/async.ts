// bench/async.ts: a hello of WASI 0.3, whose function is of async type with a callback, beside the same of WASI 0.2.
import {parseArgs} from 'node:util'
import {service} from '../test/guests/p3/services.ts'
import {barLines, figure, median, table} from './parts/figures.ts'
import {describeMachine, pickCores} from './parts/machine.ts'
import {measureSideBySide, type Round} from './parts/round.ts'
import {MAYFLY, smallComponent} from './parts/subjects.ts'

const {values: options} = parseArgs({
  options: {
    rounds: {type: 'string', default: '5'},
    turns: {type: 'string', default: '9'},
    seconds: {type: 'string', default: '1'},
    warmup: {type: 'string', default: '8'},
    connections: {type: 'string', default: '32'},
  },
})

const BAR = 0.9

console.log((await describeMachine()).lines.join('\n'))
const up = (path: string): readonly string[] => [
  ...[process.execPath, MAYFLY, 'up', path, '--workers', '1', '-q'],
  ...['--production', '--listen', '127.0.0.1:0'],
]
const synchronous = {name: 'wasi:http 0.2, synchronous', argv: up((await smallComponent('wat/hello')).path)}
const callback = {name: 'wasi:http 0.3, async with a callback', argv: up(await service('hello'))}
const stackful = {name: 'wasi:http 0.3, async with a stack', argv: up(await service('hello-stackful'))}
const contenders = [synchronous, callback, stackful]

const rounds = await measureSideBySide(contenders, {
  cores: pickCores(),
  count: Number(options.rounds),
  turns: Number(options.turns),
  connections: Number(options.connections),
  warmupSeconds: Number(options.warmup),
  seconds: Number(options.seconds),
})

const of = (name: string, key: keyof Round): number => median(rounds.get(name)!.map(round => round[key]))
/** Of the synchronous one, turn by turn. */
const shares = (name: string): number[] =>
  rounds
    .get(name)!
    .map((round, i) => round.requestsPerSecond / rounds.get(synchronous.name)![i]!.requestsPerSecond)
const share = (name: string): number => median(shares(name))
const rows = contenders.map(({name}) => [
  name,
  figure(of(name, 'requestsPerSecond')),
  share(name).toFixed(3),
  figure(of(name, 'p99Ms')),
  figure(of(name, 'cpuUs')),
  figure(of(name, 'failed')),
])
console.log(`\n${table(['component', 'requests/s', 'of synchronous', 'p99 ms', 'cpu us', 'failed'], rows)}`)
const turns = Number(options.turns)
const started = Array.from({length: Number(options.rounds)}, (_, i) =>
  median(shares(callback.name).slice(i * turns, (i + 1) * turns)),
)
console.log(`\nmedians over all turns; ${callback.name}, of each start: ${started.map(figure).join('  ')}`)
console.log(
  `\n${barLines([{name: `${callback.name}, share of the synchronous`, value: share(callback.name), limit: BAR}])}`,
)
