/** How the cells of a record are told apart. */
export interface CsvDialect {
  /** One character between cells. */
  readonly separator: string
  /** One character around cells that hold separators, quotes or newlines; inside it is doubled. */
  readonly quote: string
  /** Whether blanks around unquoted cells are dropped. */
  readonly trim: boolean
}

/** The cells of one record, reused from record to record. */
export interface CsvCells {
  readonly texts: string[]
  /** Whether the cell stood in quotes: it is then a text even where it is empty. */
  readonly quoted: boolean[]
}

/**
 * Splits one record (RFC 4180, without its line end) into `cells`. A quote opens a cell only at its start; elsewhere in an
 * unquoted cell it is a character. Returns why the record is none, or undefined.
 */
export function splitCsvRecord(text: string, dialect: CsvDialect, cells: CsvCells): string | undefined {
  const { separator, quote, trim } = dialect
  cells.texts.length = 0
  cells.quoted.length = 0
  let at = 0
  for (;;) {
    if (text[at] === quote) {
      const end = closingQuote(text, at + 1, quote)
      if (end < 0) return `the quote in column ${cells.texts.length + 1} is not closed`
      const inner = text.slice(at + 1, end)
      cells.texts.push(inner.includes(quote) ? inner.replaceAll(quote + quote, quote) : inner)
      cells.quoted.push(true)
      at = end + 1
      if (at < text.length && text[at] !== separator) return `column ${cells.texts.length} goes on after its closing quote`
    } else {
      let end = text.indexOf(separator, at)
      if (end < 0) end = text.length
      const cell = text.slice(at, end)
      cells.texts.push(trim ? cell.trim() : cell)
      cells.quoted.push(false)
      at = end
    }
    if (at >= text.length) return undefined
    at++
  }
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 2)) {
    if (text[at + 1] !== quote) return at
  }
  return -1
}

/** The texts of one record, for a header line; undefined where it is no CSV. */
export function readCsvRecord(text: string, dialect: CsvDialect): readonly string[] | undefined {
  const cells: CsvCells = { texts: [], quoted: [] }
  return splitCsvRecord(text, dialect, cells) === undefined ? cells.texts : undefined
}
