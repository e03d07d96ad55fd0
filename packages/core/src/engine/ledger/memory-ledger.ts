import type { LedgerDocument, LedgerStore } from '../../component/index.js'

/** A ledger that lives as long as the value: for tests, and for pipelines whose source cannot be read again anyway. */
export function createMemoryLedger(): LedgerStore {
  let current: LedgerDocument | undefined
  return {
    location: 'memory',
    load: async () => current,
    async save(document, expected) {
      if (current?.epoch !== expected?.epoch || current?.seq !== expected?.seq) return false
      current = structuredClone(document)
      return true
    },
    close: async () => undefined,
  }
}
