import { systemClock } from '@standpipe/core/model'

/** A record to put. */
export interface PutEntry {
  readonly data: Uint8Array | string
  readonly key: string
  /** Decides the shard in place of the key. */
  readonly hashKey?: string
}

interface ShardOfTest {
  readonly ShardId: string
  readonly ParentShardId?: string
  readonly AdjacentParentShardId?: string
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string }
  readonly SequenceNumberRange: { readonly StartingSequenceNumber: string; readonly EndingSequenceNumber?: string }
}

/** PutRecords takes so many, and kinesalite no more than about 5 MB. */
const MOST_RECORDS = 500
const MOST_BYTES = 3 * 1024 * 1024

/** What tests ask of a Kinesis emulator besides reading: streams, records, splits and merges, in plain HTTP. */
export class KinesisCalls {
  constructor(readonly endpoint: string) {}

  /** Sends a request as the API names it; rejects with what was answered where that is an error. */
  async call<T = Record<string, unknown>>(operation: string, input: object): Promise<T> {
    const response = await fetch(this.endpoint, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `Kinesis_20131202.${operation}`,
        'X-Amz-Date': '20260301T000000Z',
        // The emulators want to see a signature, and do not look at it.
        Authorization: 'AWS4-HMAC-SHA256 Credential=test/20260301/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: JSON.stringify(input),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`)
    return (text === '' ? {} : JSON.parse(text)) as T
  }

  /** Makes a stream and waits until it is there. */
  async createStream(stream: string, shards = 1): Promise<void> {
    await this.call('CreateStream', { StreamName: stream, ShardCount: shards })
    await this.active(stream)
  }

  /** Puts records in their order, one call after another; resolves to the shard of each. Throws where one is refused. */
  async put(stream: string, entries: readonly PutEntry[]): Promise<string[]> {
    const shards: string[] = []
    for (let from = 0; from < entries.length;) {
      const records: object[] = []
      for (let bytes = 0; from < entries.length && records.length < MOST_RECORDS; from++) {
        const { data, key, hashKey } = entries[from]
        const text = Buffer.from(data).toString('base64')
        bytes += text.length
        if (records.length > 0 && bytes > MOST_BYTES) break
        records.push({ Data: text, PartitionKey: key, ...(hashKey === undefined ? {} : { ExplicitHashKey: hashKey }) })
      }
      const answer = await this.call<{ FailedRecordCount?: number; Records: { ShardId: string }[] }>('PutRecords', { StreamName: stream, Records: records })
      if ((answer.FailedRecordCount ?? 0) > 0) throw new Error(`${answer.FailedRecordCount} records were refused`)
      shards.push(...answer.Records.map(({ ShardId }) => ShardId))
    }
    return shards
  }

  /** Every shard, open and closed. */
  async shards(stream: string): Promise<ShardOfTest[]> {
    const { Shards } = await this.call<{ Shards: ShardOfTest[] }>('ListShards', { StreamName: stream })
    return Shards
  }

  /** Splits a shard in the middle; resolves to its children. */
  async split(stream: string, shard: string): Promise<string[]> {
    const found = (await this.shards(stream)).find(({ ShardId }) => ShardId === shard)
    if (found === undefined) throw new RangeError(`no shard ${shard}`)
    const middle = (BigInt(found.HashKeyRange.StartingHashKey) + BigInt(found.HashKeyRange.EndingHashKey)) / 2n + 1n
    await this.call('SplitShard', { StreamName: stream, ShardToSplit: shard, NewStartingHashKey: String(middle) })
    await this.active(stream)
    return this.childrenOf(stream, shard)
  }

  /** Merges two neighbours; resolves to their child. */
  async merge(stream: string, shard: string, neighbour: string): Promise<string[]> {
    await this.call('MergeShards', { StreamName: stream, ShardToMerge: shard, AdjacentShardToMerge: neighbour })
    await this.active(stream)
    return this.childrenOf(stream, shard)
  }

  private async childrenOf(stream: string, shard: string): Promise<string[]> {
    const shards = await this.shards(stream)
    return shards.filter(({ ParentShardId, AdjacentParentShardId }) => ParentShardId === shard || AdjacentParentShardId === shard).map(({ ShardId }) => ShardId)
  }

  /** Resolves when a stream is ready again after a change. */
  async active(stream: string): Promise<void> {
    for (;;) {
      const { StreamDescriptionSummary: found } = await this.call<{ StreamDescriptionSummary: { StreamStatus: string } }>('DescribeStreamSummary', { StreamName: stream })
      if (found.StreamStatus === 'ACTIVE') return
      await systemClock.sleep(5)
    }
  }
}
