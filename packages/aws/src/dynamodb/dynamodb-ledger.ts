import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { LeaseHolder, LeaseMembership, LeaseParts, LedgerDocument, LedgerStore, ShardedLedger, ShardId } from '@standpipe/core'
import type { ClientOptions } from '../client-settings.js'
import { LeaseCoordinator } from '../leases/lease-coordinator.js'
import { leaseTiming, type LeaseTiming } from '../leases/lease-timing.js'
import type { WorkerId } from '../leases/lease.js'
import { newWorkerId } from '../leases/worker-id.js'
import { createDynamoDbClient } from './dynamodb-client.js'
import { DynamoDbLeaseTable, type FirstCheckpoint } from './dynamodb-lease-table.js'
import { documentOf, DynamoDbShardLedger } from './dynamodb-shard-ledger.js'
import { ItemTable } from './item-table.js'
import { DOCUMENT, LEASE_KEY } from './lease-item.js'

/** Where a shared ledger is kept, and how. */
export interface DynamoDbLedgerOptions extends ClientOptions {
  /** Name of the table, of this pipeline alone. Made when a worker joins, where it is absent. */
  readonly table: string
  /** Names the machine, for people: workers are called after it. */
  readonly host: string
  /** A worker that has not been heard of for so long is taken for dead. 10,000 by default. */
  readonly leaseMs?: number
  /** The `checkpoint` of leases that follow no other, for KCL. TRIM_HORIZON by default. */
  readonly firstCheckpoint?: FirstCheckpoint
}

/**
 * The ledger of a pipeline that several workers share: a DynamoDB table in KCL's schema with an item for each shard, which is
 * its lease and its ledger in one. Joined once at a time. `close` ends its client.
 */
export class DynamoDbLedger implements ShardedLedger {
  readonly kind = 'sharded'
  readonly location: string
  private readonly client: DynamoDBClient
  private readonly items: ItemTable
  private readonly timing: LeaseTiming
  private member: { readonly worker: WorkerId; readonly coordinator: LeaseCoordinator } | undefined

  constructor(private readonly options: DynamoDbLedgerOptions) {
    const { table, leaseMs } = options
    this.location = `dynamodb://${table}`
    this.client = createDynamoDbClient(options)
    this.items = new ItemTable(this.client, table, LEASE_KEY)
    this.timing = leaseTiming(leaseMs)
  }

  shard(shard: ShardId): LedgerStore {
    const { member, items } = this
    if (member === undefined) throw new TypeError('the ledger of a shard is opened by a worker that has joined')
    return new DynamoDbShardLedger({ items, shard, worker: member.worker, holds: () => member.coordinator.holds(shard) })
  }

  async join(holder: LeaseHolder, parts: LeaseParts): Promise<LeaseMembership> {
    const { items, timing, options } = this
    await items.ensure(parts.clock, parts.signal)
    const worker = newWorkerId(options.host)
    const table = new DynamoDbLeaseTable(items, options.firstCheckpoint)
    const coordinator = await LeaseCoordinator.join({ table, worker, holder, parts, timing })
    this.member = { worker, coordinator }
    return coordinator
  }

  async *documents(): AsyncGenerator<LedgerDocument> {
    if (!(await this.items.exists())) return
    for await (const item of this.items.scan({ attributes: [LEASE_KEY, DOCUMENT], having: DOCUMENT, consistent: true })) {
      const document = documentOf(item, `${this.location}/${item[LEASE_KEY]?.S}`)
      if (document !== undefined) yield document
    }
  }

  async close(): Promise<void> {
    this.client.destroy()
  }
}
