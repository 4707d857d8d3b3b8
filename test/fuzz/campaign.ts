// test/fuzz/campaign.ts: runs inputs in processes of their own, which may hang and die, until time or inputs are over.
import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

export type Failure = Readonly<{
  input: number
  kind: 'bug' | 'hang' | 'crash'
  /** What was thrown, or what the process said last. */
  report: string
}>

export type CampaignOptions = Readonly<{
  seed: number
  /** Milliseconds; what runs then is finished. */
  ms: number
  /** Inputs at most. */
  inputs: number
  /** How long an input may take, in milliseconds. */
  hangMs: number
  child?: URL
}>

export type Summary = Readonly<{
  inputs: number
  verdicts: ReadonlyMap<string, number>
  failures: readonly Failure[]
}>

const HEAP_MB = 4096
/** How long a process may take to be ready, which depends on what else the machine does. */
const START_MS = 300_000
/** A process is replaced after so many. */
const PER_PROCESS = 2000

export async function campaign(options: CampaignOptions): Promise<Summary> {
  const verdicts = new Map<string, number>()
  const failures: Failure[] = []
  const until = performance.now() + options.ms
  let done = 0
  while (done < options.inputs && performance.now() < until)
    done = await stretch(options, {
      from: done,
      to: Math.min(options.inputs, done + PER_PROCESS),
      until,
      verdicts,
      failures,
    })
  return {inputs: done, verdicts, failures}
}

type Stretch = Readonly<{
  from: number
  to: number
  until: number
  verdicts: Map<string, number>
  failures: Failure[]
}>

/** Runs one process; returns the input to go on with. */
function stretch({seed, hangMs, child}: CampaignOptions, run: Stretch): Promise<number> {
  const script = fileURLToPath(child ?? new URL('./child.ts', import.meta.url))
  const flags = ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${HEAP_MB}`]
  const started = spawn(process.execPath, [...flags, script, `${seed}`, `${run.from}`, `${run.to}`], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  let current = run.from
  let judged = true
  let ending: 'hang' | 'time' | undefined
  let rest = ''
  let said = ''
  const end = (why: 'hang' | 'time') => {
    ending ??= why
    started.kill('SIGKILL')
  }
  let timer = setTimeout(end, START_MS, 'hang')
  const line = (text: string): void => {
    clearTimeout(timer)
    timer = setTimeout(end, hangMs, 'hang')
    if (text.startsWith('= ')) {
      judged = true
      run.verdicts.set(text.slice(2), (run.verdicts.get(text.slice(2)) ?? 0) + 1)
    } else if (text.startsWith('! ')) {
      judged = true
      run.failures.push({input: current, kind: 'bug', report: JSON.parse(text.slice(2))})
    } else {
      current = Number(text)
      judged = false
    }
    if (judged && performance.now() >= run.until) end('time')
  }
  started.stdio[3]!.on('data', (data: Buffer) => {
    const lines = `${rest}${data}`.split('\n')
    rest = lines.pop()!
    for (const each of lines) line(each)
  })
  started.stderr!.on('data', (data: Buffer) => {
    said = `${said}${data}`.slice(-4000)
  })
  return new Promise(resolve => {
    started.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) return resolve(run.to)
      if (ending === 'time') return resolve(current + 1)
      const kind = ending === 'hang' ? 'hang' : 'crash'
      run.failures.push({input: current, kind, report: `${signal ?? `exit code ${code}`}\n${said}`})
      resolve(current + 1)
    })
  })
}
