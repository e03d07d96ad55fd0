import { startDynalite, type Dynalite } from '@standpipe/testkit'
import { systemClock } from '@standpipe/core/model'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { leaseTableSuite } from '../leases/lease-table-suite.testing.js'
import { createDynamoDbClient } from './dynamodb-client.js'
import { DynamoDbLeaseTable } from './dynamodb-lease-table.js'
import { ItemTable } from './item-table.js'
import { LEASE_KEY, SHARD_END } from './lease-item.js'

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

async function newTable(): Promise<ItemTable> {
  const items = new ItemTable(client, `leases-${++tables}`, LEASE_KEY)
  await items.ensure(systemClock, new AbortController().signal, 2)
  return items
}

function end(items: ItemTable, shard: string, worker: string): Promise<unknown> {
  return items.update(shard, { change: 'SET checkpoint = :end', where: 'leaseOwner = :me', values: { ':end': { S: SHARD_END }, ':me': { S: worker } } })
}

leaseTableSuite('dynamodb', async () => {
  const items = await newTable()
  return { table: new DynamoDbLeaseTable(items), end: (shard, worker) => end(items, shard, worker) }
})

it('makes the table once, where many workers start at the same time', async () => {
  const items = new ItemTable(client, 'made-once', LEASE_KEY)
  expect(await items.exists()).toBe(false)
  await Promise.all(Array.from({ length: 5 }, () => items.ensure(systemClock, new AbortController().signal, 2)))
  expect(await items.exists()).toBe(true)
  expect(await items.get('shard-0')).toBeUndefined()
})

it('writes a lease as KCL does', async () => {
  const items = await newTable()
  const table = new DynamoDbLeaseTable(items, 'LATEST')
  await table.create({ shard: 'shard-0', parents: [], follows: false })
  await table.create({ shard: 'shard-1', parents: ['shard-0'], follows: true })
  expect(await items.get('shard-0')).toEqual({
    leaseKey: { S: 'shard-0' },
    leaseCounter: { N: '0' },
    ownerSwitchesSinceCheckpoint: { N: '0' },
    checkpoint: { S: 'LATEST' },
    checkpointSubSequenceNumber: { N: '0' },
    entityType: { S: 'LEASE' },
  })
  expect(await items.get('shard-1')).toMatchObject({ checkpoint: { S: 'TRIM_HORIZON' }, parentShardId: { SS: ['shard-0'] } })
  await table.take((await table.read('shard-0'))!, 'a')
  await table.take((await table.read('shard-0'))!, 'a')
  expect(await items.get('shard-0')).toMatchObject({ leaseOwner: { S: 'a' }, leaseCounter: { N: '2' }, ownerSwitchesSinceCheckpoint: { N: '1' } })
})

it('reads leases that KCL wrote, and skips its other items', async () => {
  const items = await newTable()
  const table = new DynamoDbLeaseTable(items)
  await items.add('shard-0', { leaseCounter: { N: '41' }, leaseOwner: { S: 'kcl' }, checkpoint: { S: '4959' }, throughputKBps: { N: '1.5' } })
  await items.add('shard-1', { leaseCounter: { N: '2' }, checkpoint: { S: 'TRIM_HORIZON' }, entityType: { S: 'LEASE' } })
  await items.add('Leader', { leaseCounter: { N: '2' }, entityType: { S: 'LEADER' } })
  const leases = await table.list()
  expect([...leases].sort((a, b) => (a.shard < b.shard ? -1 : 1))).toEqual([
    { shard: 'shard-0', owner: 'kcl', counter: 41, parents: [], ended: false, started: true },
    { shard: 'shard-1', counter: 2, parents: [], ended: false, started: false },
  ])
  expect(await table.take(leases.find(({ shard }) => shard === 'shard-0')!, 'a')).toBe(true)
  expect(await items.get('shard-0')).toMatchObject({ throughputKBps: { N: '1.5' }, checkpoint: { S: '4959' } })
})

it('keeps what else the item of a removed lease holds', async () => {
  const items = await newTable()
  const table = new DynamoDbLeaseTable(items)
  await items.add('shard-0', { leaseCounter: { N: '1' }, checkpoint: { S: SHARD_END }, note: { S: 'kept' } })
  const lease = (await table.read('shard-0'))!
  expect(await table.remove(lease)).toBe(true)
  expect(await table.remove(lease)).toBe(false)
  expect(await table.read('shard-0')).toBeUndefined()
  expect(await items.get('shard-0')).toMatchObject({ note: { S: 'kept' } })
})
