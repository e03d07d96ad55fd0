import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { LedgerDocument } from '@standpipe/core'
import { systemClock } from '@standpipe/core/model'
import { describeLedger, startDynalite, type Dynalite } from '@standpipe/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDynamoDbClient } from './dynamodb-client.js'
import { DynamoDbLeaseTable } from './dynamodb-lease-table.js'
import { DynamoDbShardLedger } from './dynamodb-shard-ledger.js'
import { ItemTable } from './item-table.js'
import { DOCUMENT, LEASE_KEY } from './lease-item.js'

const SHARD = 'shard-0'
let dynalite: Dynalite
let client: DynamoDBClient
let tables = 0

beforeAll(async () => {
  dynalite = await startDynalite()
  client = createDynamoDbClient(dynalite)
})
afterAll(async () => {
  client.destroy()
  await dynalite.stop()
})

interface Held {
  readonly items: ItemTable
  readonly table: DynamoDbLeaseTable
  ledgerOf(worker: string, holds?: () => boolean): DynamoDbShardLedger
}

/** A table with the lease of one shard, which worker `a` has. */
async function heldByA(): Promise<Held> {
  const items = new ItemTable(client, `ledgers-${++tables}`, LEASE_KEY)
  await items.ensure(systemClock, new AbortController().signal, 2)
  const table = new DynamoDbLeaseTable(items, 'LATEST')
  await table.create({ shard: SHARD, parents: [], follows: false })
  await table.take((await table.read(SHARD))!, 'a')
  return { items, table, ledgerOf: (worker, holds = () => true) => new DynamoDbShardLedger({ items, shard: SHARD, worker, holds }) }
}

function documentAt(seq: number, more: Partial<LedgerDocument> = {}): LedgerDocument {
  return { format: 2, pipeline: 'p', id: 'l', epoch: 1, seq, writeId: `w${seq}`, fingerprint: 'f', configuration: '', shards: {}, staged: [], ends: {}, totals: {}, ...more }
}

describeLedger('dynamodb', {
  async create() {
    const { ledgerOf } = await heldByA()
    return { open: async () => ledgerOf('a'), close: async () => undefined }
  },
  shards: [SHARD],
  waivers: {
    severalShards: 'a shard has an item of its own',
    changes: 'an item is written as a whole',
    blobs: 'operators with state are not run on leases',
  },
})

it('refuses a write of a worker that does not have the lease, whatever it knows of the document', async () => {
  const { table, ledgerOf } = await heldByA()
  expect(await ledgerOf('b').save(documentAt(0), undefined)).toBe(false)
  expect(await ledgerOf('a').save(documentAt(0), undefined)).toBe(true)
  expect(await table.release((await table.read(SHARD))!, 'b')).toBe(true)
  expect(await ledgerOf('a').save(documentAt(1), { epoch: 1, seq: 0 })).toBe(false)
  expect(await ledgerOf('b').save(documentAt(1), { epoch: 1, seq: 0 })).toBe(true)
})

it('writes nothing once the worker knows that its lease is over', async () => {
  const { ledgerOf } = await heldByA()
  let holds = true
  const ledger = ledgerOf('a', () => holds)
  await ledger.save(documentAt(0), undefined)
  holds = false
  expect(await ledger.save(documentAt(1), { epoch: 1, seq: 0 })).toBe(false)
  expect(await ledger.load()).toEqual(documentAt(0))
})

it('leaves what the lease is made of as it is', async () => {
  const { items, table, ledgerOf } = await heldByA()
  await items.update(SHARD, { change: 'SET throughputKBps = :it, pendingCheckpoint = :it', values: { ':it': { N: '2' } } })
  const before = (await table.read(SHARD))!
  await ledgerOf('a').save(documentAt(0, { shards: { [SHARD]: { checkpoint: '495.3', ahead: {} } } }), undefined)
  expect(await table.read(SHARD)).toEqual({ ...before, started: true })
  const item = (await items.get(SHARD))!
  expect(item).toMatchObject({ throughputKBps: { N: '2' }, checkpoint: { S: '495' }, checkpointSubSequenceNumber: { N: '3' }, ownerSwitchesSinceCheckpoint: { N: '0' } })
  expect(item.pendingCheckpoint).toBeUndefined()
})

it('keeps the checkpoint of KCL where it has no words for where the shard stands', async () => {
  const { items, ledgerOf } = await heldByA()
  await ledgerOf('a').save(documentAt(0), undefined)
  await ledgerOf('a').save(documentAt(1, { shards: { [SHARD]: { checkpoint: '~1772323200000', ahead: {} } } }), { epoch: 1, seq: 0 })
  expect((await items.get(SHARD))?.checkpoint).toEqual({ S: 'LATEST' })
})

it('says that a shard has ended only when nothing of it is staged', async () => {
  const { table, ledgerOf } = await heldByA()
  const shards = { [SHARD]: { checkpoint: '495', ended: true, ahead: {} } }
  const staged = [{ id: 'o', sink: 's', partition: '', object: { key: 'k', identity: 'o', bytes: 1, upload: null }, rows: 1, stagedMs: 1, ranges: {} }]
  await ledgerOf('a').save(documentAt(0, { shards, staged }), undefined)
  expect(await table.read(SHARD)).toMatchObject({ ended: false, started: true })
  await ledgerOf('a').save(documentAt(1, { shards }), { epoch: 1, seq: 0 })
  expect(await table.read(SHARD)).toMatchObject({ ended: true, started: true })
})

it('refuses the document of a newer version', async () => {
  const { items, ledgerOf } = await heldByA()
  await items.update(SHARD, { change: 'SET #document = :it', names: { '#document': DOCUMENT }, values: { ':it': { S: '{"format":99}' } } })
  await expect(ledgerOf('a').load()).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
})
