import type { LeaseHolder, LeaseMembership, LedgerDocument, Logger, ShardId } from '@standpipe/core'
import { systemClock } from '@standpipe/core/model'
import { startDynalite, type Dynalite } from '@standpipe/testkit'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { DynamoDbLedger } from './dynamodb-ledger.js'

const SHARDS = ['shard-0', 'shard-1', 'shard-2', 'shard-3']
const LEASE_MS = 1_000
const log: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }
let dynalite: Dynalite

beforeAll(async () => {
  dynalite = await startDynalite()
})
afterAll(() => dynalite.stop())

/** A worker that raises the epoch of each shard that it is given, as a run does, and knows what it holds. */
class Worker implements LeaseHolder {
  readonly held = new Set<ShardId>()
  readonly ledger: DynamoDbLedger
  membership: LeaseMembership | undefined

  constructor(table: string) {
    this.ledger = new DynamoDbLedger({ ...dynalite, table, host: 'test', leaseMs: LEASE_MS })
  }

  async join(): Promise<void> {
    this.membership = await this.ledger.join(this, {
      pipeline: 'p',
      clock: systemClock,
      log,
      signal: new AbortController().signal,
      shards: async () => SHARDS.map((shard) => ({ shard, parents: [] })),
    })
  }

  async taken(shard: ShardId): Promise<void> {
    await this.commit(shard, 1)
    this.held.add(shard)
  }

  async handOver(shard: ShardId): Promise<void> {
    this.held.delete(shard)
  }

  async lost(shard: ShardId): Promise<void> {
    this.held.delete(shard)
  }

  /** Saves the next document of a shard. */
  async commit(shard: ShardId, raised = 0): Promise<boolean> {
    const store = this.ledger.shard(shard)
    const known = await store.load()
    return store.save(next(shard, known, raised), known)
  }

  async leave(): Promise<void> {
    await this.membership?.leave()
    await this.ledger.close()
  }
}

function next(shard: ShardId, known: LedgerDocument | undefined, raised: number): LedgerDocument {
  const { epoch = 0, seq = 0 } = known ?? {}
  const position = { [shard]: { checkpoint: String(seq + 1), ahead: {} } }
  return { format: 2, pipeline: 'p', id: shard, epoch: epoch + raised, seq: seq + 1, writeId: `${epoch}.${seq}`, fingerprint: 'f', configuration: '', shards: position, staged: [], ends: {}, totals: {} }
}

async function documentsOf(ledger: DynamoDbLedger): Promise<Map<string, LedgerDocument>> {
  const documents = new Map<string, LedgerDocument>()
  for await (const document of ledger.documents()) documents.set(document.id, document)
  return documents
}

it('shares the shards of a table that it makes among workers, and commits of each by the one that has it', async () => {
  const one = new Worker('shared')
  const two = new Worker('shared')
  expect(await documentsOf(one.ledger)).toEqual(new Map())
  await one.join()
  await vi.waitFor(() => expect([...one.held].sort()).toEqual(SHARDS), 10_000)
  await two.join()
  await vi.waitFor(() => expect([one.held.size, two.held.size]).toEqual([2, 2]), 10_000)
  for (const shard of SHARDS) {
    expect(await one.commit(shard)).toBe(one.held.has(shard))
    expect(await two.commit(shard)).toBe(two.held.has(shard))
  }
  const documents = await documentsOf(two.ledger)
  expect([...documents.keys()].sort()).toEqual(SHARDS)
  for (const shard of two.held) expect(documents.get(shard)?.epoch).toBeGreaterThan(1)

  const had = [...one.held]
  await one.leave()
  await vi.waitFor(() => expect([...two.held].sort()).toEqual(SHARDS), 10_000)
  for (const shard of had) expect((await two.ledger.shard(shard).load())?.epoch).toBeGreaterThan(1)
  await two.leave()
}, 30_000)

it('opens the ledger of a shard only for a worker that has joined', async () => {
  const { ledger } = new Worker('never joined')
  expect(() => ledger.shard('shard-0')).toThrow(TypeError)
  await ledger.close()
})
