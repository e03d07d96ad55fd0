import { leaseTableSuite } from './lease-table-suite.testing.js'
import { MemoryLeaseTable } from './memory-lease-table.testing.js'

leaseTableSuite('memory', async () => {
  const table = new MemoryLeaseTable()
  return { table, end: async (shard, worker) => table.end(shard, worker) }
})
