/** Where a command writes, and what kind of terminal that is. */
export interface Terminal {
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream
  /** Whether a person reads standard output: then colours and progress. */
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  readonly columns: number
}

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], cyan: [36, 39] } as const

/** Names of the styles. */
export type Style = keyof typeof CODES

/** Puts a style around a text, where the terminal shows colours. */
export type Paint = (style: Style, text: string) => string

/** Paint for a stream: plain where it is not a terminal, or where NO_COLOR is set. */
export function createPaint(coloured: boolean): Paint {
  return (style, text) => (coloured ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text)
}

/** Writes a line to standard output. */
export function printLine(terminal: Terminal, text = ''): void {
  terminal.out.write(`${text}\n`)
}

/** Rows as aligned columns; a column of nothing but quantities stands to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = header.map((title, i) => {
    const cells = rows.map((row) => row[i] ?? '')
    const width = Math.max(visible(title), ...cells.map(visible))
    return { width, right: cells.length > 0 && cells.every((cell) => QUANTITY.test(cell)) }
  })
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ width, right }, i) => {
        const cell = cells[i] ?? ''
        const pad = ' '.repeat(width - visible(cell))
        return right ? pad + cell : cell + pad
      })
      .join('  ')
      .trimEnd()
  return [line(header), columns.map(({ width }) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

/** `1,234`, `1.5 MiB`, `31.7×`, `4%`, or nothing. */
const QUANTITY = /^([-+]?[\d.,]+( ?[KMG]i?B| B|×|%)?)?$/

function visible(text: string): number {
  return [...text.replaceAll(/\u001b\[\d+m/g, '')].length
}
