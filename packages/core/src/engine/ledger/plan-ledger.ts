import { join } from 'node:path'
import type { LedgerDocument, LedgerStore } from '../../component/index.js'
import type { Plan } from '../plan.js'
import { createFileLedger, peekFileLedger } from './file-ledger.js'

/** Folder of a pipeline's ledger, where a run keeps it when it is given no other. */
export function ledgerFolder(plan: Pick<Plan, 'stateDirectory'>): string {
  return join(plan.stateDirectory, 'ledger')
}

/** The ledger of a pipeline, to run it with. */
export function ledgerOf(plan: Pick<Plan, 'stateDirectory'>): LedgerStore {
  return createFileLedger(ledgerFolder(plan))
}

/** The ledger of a pipeline as it is now, without taking it over; undefined where the pipeline has not run. It may run meanwhile. */
export function readLedger(plan: Pick<Plan, 'stateDirectory'>): Promise<LedgerDocument | undefined> {
  return peekFileLedger(ledgerFolder(plan))
}
