import { join } from 'node:path'
import type { LedgerStore } from '../../component/index.js'
import type { Plan } from '../plan.js'
import { createFileLedger } from './file-ledger.js'

/** The ledger of a pipeline, where a run keeps it when it is given no other: files under its state directory. */
export function ledgerOf(plan: Pick<Plan, 'stateDirectory'>): LedgerStore {
  return createFileLedger(join(plan.stateDirectory, 'ledger'))
}
