import type { Framer, FramerOptions } from './framer.js'
import { RecordCuts, searchable } from './record-cuts.js'

const NEWLINE = 10
const RETURN = 13

/** What a CSV framer must know of the dialect; one ASCII character each. */
export interface CsvFramerOptions extends FramerOptions {
  readonly quote: string
  /** A quote opens a cell only after it or at the start of a record; `,` by default. */
  readonly separator?: string
}

/** A record a CSV record: newlines inside quotes do not end it. Skips empty lines, takes a `\r` off the end. */
export function createCsvFramer(options: CsvFramerOptions): Framer {
  const cuts = new RecordCuts(options)
  const quote = options.quote.charCodeAt(0)
  const separator = (options.separator ?? ',').charCodeAt(0)
  let line = options.line ?? 1
  let startLine = line
  let start = cuts.offset
  let inQuotes = false
  /** Offset just after the quote that closed last: another quote there opens again (it was a doubled one). */
  let closedAt = -1
  /** The byte before the chunk. */
  let previous = -1

  const close = (end: number, next: number, endsInReturn: boolean): void => {
    const trimmed = endsInReturn ? end - 1 : end
    if (trimmed > start) cuts.add(start, trimmed, next, startLine)
    start = next
    startLine = line
  }
  return {
    push(chunk) {
      const bytes = searchable(chunk)
      const from = cuts.offset
      const find = (byte: number, at: number): number => {
        const found = bytes.indexOf(byte, at)
        return found < 0 ? bytes.length : found
      }
      const before = (at: number): number => (at > 0 ? bytes[at - 1] : previous)
      let newlineAt = find(NEWLINE, 0)
      let quoteAt = find(quote, 0)
      while (newlineAt < bytes.length || quoteAt < bytes.length) {
        if (quoteAt < newlineAt) {
          const position = from + quoteAt
          if (inQuotes) {
            inQuotes = false
            closedAt = position + 1
          } else inQuotes = position === start || position === closedAt || before(quoteAt) === separator
          quoteAt = find(quote, quoteAt + 1)
        } else {
          const position = from + newlineAt
          line++
          if (!inQuotes) close(position, position + 1, position > start && before(newlineAt) === RETURN)
          newlineAt = find(NEWLINE, newlineAt + 1)
        }
      }
      if (bytes.length > 0) previous = bytes[bytes.length - 1]
      return cuts.take(chunk, start < from + chunk.length ? start : -1)
    },
    end() {
      const { offset } = cuts
      const problem = inQuotes ? `the quote in the record at line ${startLine} is not closed` : undefined
      if (offset > start) close(offset, offset, !inQuotes && previous === RETURN)
      return { ...cuts.take(new Uint8Array(0), -1), problem }
    },
  }
}
