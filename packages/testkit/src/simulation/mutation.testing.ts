import type { LedgerStore, ObjectStore } from '@standpipe/core'
import type { Mutation } from './simulate.js'

/** A mutation that gives each process another ledger. */
export function withLedger(change: (ledger: LedgerStore) => Partial<LedgerStore>): Mutation {
  return {
    stores: (stores) => ({
      ...stores,
      ledger: () => {
        const ledger = stores.ledger()
        return { ...ledger, ...change(ledger) }
      },
    }),
  }
}

/** A mutation that gives each process other object stores. */
export function withStore(change: (store: ObjectStore) => Partial<ObjectStore>): Mutation {
  return {
    stores: (stores) => ({
      ...stores,
      store: (sink) => {
        const store = stores.store(sink)
        return { ...store, ...change(store) }
      },
    }),
  }
}
