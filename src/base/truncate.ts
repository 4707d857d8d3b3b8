// base/truncate.ts: arrays that are emptied for each event.

/** What is taken from an array beyond this gives its room back too. */
const KEPT = 256

/** Like setting `length`, but a short array keeps its room, which would only be asked for again. */
export function truncate(array: unknown[], length: number): void {
  if (array.length - length > KEPT) array.length = length
  else while (array.length > length) array.pop()
}
