/**
 * How many cells a CSV record (RFC 4180, without its line end) has, without making anything of them; -1 where it is none.
 * Finds what `readCsvRecord` finds. `separator` and `quote` are ASCII.
 */
export function countCsvCells(bytes: Uint8Array, start: number, end: number, separator: number, quote: number): number {
  let at = start
  for (let cells = 1; ; cells++) {
    if (at < end && bytes[at] === quote) {
      at = closingQuote(bytes, at + 1, end, quote) + 1
      if (at === 0 || (at < end && bytes[at] !== separator)) return -1
    } else while (at < end && bytes[at] !== separator) at++
    if (at >= end) return cells
    at++
  }
}

/** Where the quote stands that is not doubled; -1 where there is none. */
function closingQuote(bytes: Uint8Array, from: number, end: number, quote: number): number {
  for (let at = from; at < end; at++) {
    if (bytes[at] !== quote) continue
    if (bytes[at + 1] !== quote || at + 1 === end) return at
    at++
  }
  return -1
}
