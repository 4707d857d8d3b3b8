// manifest/lines.ts: offsets in a text -> lines and columns.
import type {Spot} from './mistakes.ts'

/** Makes the function that says where an offset stands. Lines end with `\n`. */
export function lineTable(text: string): (offset: number) => Spot {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return offset => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle
    }
    return {line: low + 1, column: offset - starts[low]! + 1}
  }
}
