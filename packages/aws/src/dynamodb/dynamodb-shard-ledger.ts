import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { parseLedgerDocument, type LedgerDocument, type LedgerStore, type ShardId, type ShardState } from '@standpipe/core'
import { parseKinesisPosition } from '../kinesis/kinesis-position.js'
import type { WorkerId } from '../leases/lease.js'
import type { Item, ItemTable } from './item-table.js'
import { DOCUMENT, SHARD_END } from './lease-item.js'

/** What the ledger of a shard needs. */
export interface ShardLedgerParts {
  readonly items: ItemTable
  readonly shard: ShardId
  /** Writes are refused where the lease is not this worker's. */
  readonly worker: WorkerId
  /** Asked right before each write: a worker that knows that its lease is over writes nothing. */
  holds(): boolean
}

type Version = Pick<LedgerDocument, 'epoch' | 'seq'>

/**
 * The ledger of one shard, in the item of its lease. A commit is one conditional write: the document, if the lease is this
 * worker's and epoch and seq are as expected, and with it the checkpoint as KCL reads it. The counter of the lease stays as it is.
 */
export class DynamoDbShardLedger implements LedgerStore {
  readonly location: string

  constructor(private readonly parts: ShardLedgerParts) {
    this.location = `dynamodb://${parts.items.name}/${parts.shard}`
  }

  async load(): Promise<LedgerDocument | undefined> {
    const item = await this.parts.items.get(this.parts.shard)
    return item && documentOf(item, this.location)
  }

  async save(document: LedgerDocument, expected: Version | undefined): Promise<boolean> {
    const { items, shard, worker, holds } = this.parts
    if (!holds()) return false
    const progress = progressOf(document, shard)
    const before = expected === undefined ? 'attribute_not_exists(#document)' : '#epoch = :wasEpoch AND #seq = :wasSeq'
    const expectedValues: Record<string, AttributeValue> =
      expected === undefined ? {} : { ':wasEpoch': { N: String(expected.epoch) }, ':wasSeq': { N: String(expected.seq) } }
    const written = await items.update(shard, {
      change: `SET #document = :document, #epoch = :epoch, #seq = :seq${progress.change}`,
      where: `leaseOwner = :me AND ${before}`,
      names: { '#document': DOCUMENT, '#epoch': EPOCH, '#seq': SEQ },
      values: {
        ':document': { S: JSON.stringify(document) },
        ':epoch': { N: String(document.epoch) },
        ':seq': { N: String(document.seq) },
        ':me': { S: worker },
        ...expectedValues,
        ...progress.values,
      },
    })
    return written !== undefined
  }

  async close(): Promise<void> {}
}

const EPOCH = 'standpipeEpoch'
const SEQ = 'standpipeSeq'
const PENDING = 'pendingCheckpoint, pendingCheckpointSubSequenceNumber, pendingCheckpointState'

/** The document in the item of a lease; undefined where there is none yet. Throws LEDGER_CORRUPT or LEDGER_NEWER. */
export function documentOf(item: Item, where: string): LedgerDocument | undefined {
  const text = item[DOCUMENT]?.S
  return text === undefined ? undefined : parseLedgerDocument(text, where)
}

/** What a commit changes of the attributes that KCL reads; nothing where it has no place for where the shard stands. */
function progressOf(document: LedgerDocument, shard: ShardId): { readonly change: string; readonly values: Readonly<Record<string, AttributeValue>> } {
  const checkpoint = kclCheckpoint(document.shards[shard], document.staged.length > 0)
  if (checkpoint === undefined) return { change: '', values: {} }
  return {
    change: `, checkpoint = :checkpoint, checkpointSubSequenceNumber = :sub, ownerSwitchesSinceCheckpoint = :zero REMOVE ${PENDING}`,
    values: { ':checkpoint': { S: checkpoint.sequenceNumber }, ':sub': { N: String(checkpoint.subSequence) }, ':zero': { N: '0' } },
  }
}

/**
 * A shard has ended for the other workers when nothing of it is staged any more: nobody takes the lease after that. An
 * aggregate that is settled as a whole has the number of its first user record, as KCL has it for records that are none.
 */
function kclCheckpoint(state: ShardState | undefined, isStaged: boolean): { readonly sequenceNumber: string; readonly subSequence: number } | undefined {
  if (state?.ended === true && !isStaged) return { sequenceNumber: SHARD_END, subSequence: 0 }
  if (state?.checkpoint === undefined) return undefined
  const { sequenceNumber, subSequence = 0 } = parseKinesisPosition(state.checkpoint)
  return sequenceNumber === '' ? undefined : { sequenceNumber, subSequence }
}
