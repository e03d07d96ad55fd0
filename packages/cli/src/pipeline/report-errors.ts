import { StandpipeError } from '@standpipe/core'
import { EXIT_CODES } from '../exit-codes.js'
import { printError, type Terminal } from '../terminal/terminal.js'

/** Does the work of a command; where it fails with an error that is known, prints that, and resolves to the exit code. */
export async function reportErrors(terminal: Terminal, work: () => Promise<void>): Promise<number | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!(error instanceof StandpipeError)) throw error
    printError(terminal, error.message, error.hint)
    return error.code === 'LEDGER_FENCED' ? EXIT_CODES.fenced.code : EXIT_CODES.failed.code
  }
}
