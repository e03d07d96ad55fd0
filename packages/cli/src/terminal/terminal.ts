/** Where a command writes, and what kind of terminal that is. */
export interface Terminal {
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream
  /** Whether a person reads standard output. */
  readonly outIsTerminal: boolean
  /** Whether a person reads standard error: then progress, and logs as text. */
  readonly errIsTerminal: boolean
  /** Whether a terminal is to be given colours; the user may not want them (NO_COLOR). */
  readonly colors: boolean
  /** Width of the terminal on standard error; may change while a command runs. */
  readonly columns: number
}

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], cyan: [36, 39] } as const

/** Names of the styles. */
export type Style = keyof typeof CODES

/** Puts a style around a text, where the terminal shows colours. */
export type Paint = (style: Style, text: string) => string

/** Paint for one of the streams: plain where that is not a terminal, or where the user wants no colours. */
export function createPaint(terminal: Terminal, stream: 'out' | 'err'): Paint {
  const coloured = terminal.colors && (stream === 'out' ? terminal.outIsTerminal : terminal.errIsTerminal)
  return (style, text) => (coloured ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text)
}

/** Writes a line to standard output. */
export function printLine(terminal: Terminal, text = ''): void {
  terminal.out.write(`${text}\n`)
}

/** Writes what went wrong to standard error, with what to do about it. */
export function printError(terminal: Terminal, message: string, hint?: string): void {
  terminal.err.write(`standpipe: ${message}\n${hint === undefined ? '' : `  hint: ${hint}\n`}`)
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
