import { StandpipeError } from '@standpipe/core'
import { EXIT_CODES } from '../exit-codes.js'
import { printError, type Terminal } from '../terminal/terminal.js'

/**
 * Does the work of a command; where it fails with an error that is known, prints that, and resolves to the exit code. Work that ended
 * because `stop` was aborted, also with an error or a result that says nothing then, counts as interrupted.
 */
export async function reportErrors(terminal: Terminal, work: () => Promise<void>, stop?: AbortSignal): Promise<number | undefined> {
  try {
    await work()
  } catch (error) {
    if (stop?.aborted !== true) {
      if (!(error instanceof StandpipeError)) throw error
      printError(terminal, error.message, error.hint)
      return error.code === 'LEDGER_FENCED' ? EXIT_CODES.fenced.code : EXIT_CODES.failed.code
    }
  }
  if (stop?.aborted !== true) return undefined
  printError(terminal, 'stopped before the end')
  return EXIT_CODES.interrupted.code
}
