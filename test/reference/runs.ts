// test/reference/runs.ts: how often properties are tried, and how a failure is told: MAYFLY_RUNS, MAYFLY_SEED;
// MAYFLY_WASMTIME_RUNS where each starts a process.
import type fc from 'fast-check'

export const runs = Number(process.env['MAYFLY_RUNS'] ?? 60)
export const wasmtimeRuns = Number(process.env['MAYFLY_WASMTIME_RUNS'] ?? 20)
const seed = process.env['MAYFLY_SEED']

export const limits: fc.Parameters<unknown> = {
  numRuns: runs,
  ...(seed === undefined ? {} : {seed: Number(seed)}),
  endOnFailure: false,
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    typeof each === 'bigint'
      ? `${each}n`
      : ArrayBuffer.isView(each)
        ? [...(each as Uint8Array)].map(String)
        : each,
  )

/** A failure comes with the component's text, so that it can be run by hand. */
export async function explained(
  text: string,
  args: unknown,
  answer: unknown,
  check: () => Promise<void>,
): Promise<void> {
  try {
    await check()
  } catch (error) {
    const told = `${(error as Error).message}\nargs: ${show(args)}\nanswer: ${show(answer)}\n${text}`
    throw new Error(told, {cause: error})
  }
}

/** The indices that handles get which are lowered one after the other: freed ones, the last one first, then new ones. */
export function indices(freed: number, taken: number): () => number {
  let next = taken
  const free = Array.from({length: freed}, (_, i) => i + 1)
  return () => free.pop() ?? ++next
}
