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

/** Takes out the rule that an object is committed before it is published. */
export const publishBeforeCommit: Mutation = withStore((store) => ({
  async begin(key, properties) {
    const upload = await store.begin(key, properties)
    const stage = async (): ReturnType<typeof upload.stage> => {
      const staged = await upload.stage()
      await store.publish(staged)
      return staged
    }
    return { ...upload, stage }
  },
}))
