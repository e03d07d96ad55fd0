import type { LedgerStore } from '../../component/index.js'
import { LedgerState } from './state.js'

/** A ledger that lives as long as the value: for tests, and for pipelines whose source cannot be read again anyway. */
export function createMemoryLedger(): LedgerStore {
  let current: LedgerState | undefined
  const holds = (expected: { readonly epoch: number; readonly seq: number } | undefined): boolean =>
    current?.document.epoch === expected?.epoch && current?.document.seq === expected?.seq
  return {
    location: 'memory',
    load: async () => structuredClone(current?.snapshot()),
    async save(document, expected) {
      if (!holds(expected)) return false
      current = new LedgerState(structuredClone(document))
      return true
    },
    async saveChange(change, expected) {
      if (current === undefined || !holds(expected)) return false
      current.apply(structuredClone(change))
      return true
    },
    close: async () => undefined,
  }
}
