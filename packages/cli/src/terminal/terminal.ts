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
  /** Width to lay standard output out in: that of the terminal, or 100 where it is none. */
  readonly outColumns: number
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
