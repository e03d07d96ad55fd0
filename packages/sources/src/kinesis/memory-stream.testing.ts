import { ScriptedError, startScriptedKinesis, type ScriptedAnswer, type ScriptedKinesis, type ScriptedSubscription } from '@standpipe/testkit'
import type { Position, Source, SourceRuntime } from '@standpipe/core'
import { kinesisSource } from './kinesis-source.js'

interface MemoryRecord {
  readonly sequence: bigint
  readonly data: string
  readonly key: string
  readonly arrivalMs: number
}

interface MemoryShard {
  readonly id: string
  readonly parents: readonly string[]
  closed: boolean
  readonly records: MemoryRecord[]
}

/** A moment that tests take for now. */
export const NOW_MS = 1_772_323_200_000
const HOUR_MS = 3_600_000
const ITERATOR_TYPES = ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER']
const RANGE = { StartingHashKey: '0', EndingHashKey: '340282366920938463463374607431768211455' }

/**
 * A stream as AWS has it, as far as its API shows it, in memory: records that expire, shards that are forgotten, ChildShards,
 * MillisBehindLatest, pages of shards. For what the emulators do not show; what they do is tried with them.
 */
export class MemoryStream {
  readonly shards = new Map<string, MemoryShard>()
  createdMs = NOW_MS - 1000 * HOUR_MS
  retentionHours = 24
  /** Shards in a page of a listing. */
  pageShards = 1000
  /** Whether the last answers of a shard name those that continue it. */
  tellsChildren = true
  /** Called before each request is answered; may throw a ScriptedError. */
  before: (operation: string, input: Readonly<Record<string, unknown>>) => void = () => undefined
  readonly subscriptions: ScriptedSubscription[] = []
  private sequence = 1000n

  /** Starts a server of it. */
  start(): Promise<ScriptedKinesis> {
    return startScriptedKinesis({
      answer: (operation, input) => {
        this.before(operation, input)
        return this.answer(operation, input)
      },
      subscribe: (subscription) => {
        this.before('SubscribeToShard', subscription.input)
        this.subscriptions.push(subscription)
      },
    })
  }

  addShard(id: string, ...parents: string[]): void {
    for (const parent of parents) this.shard(parent).closed = true
    this.shards.set(id, { id, parents, closed: false, records: [] })
  }

  /** Puts records; resolves to their sequence numbers. */
  put(shard: string, data: readonly string[], arrivalMs = NOW_MS - HOUR_MS): string[] {
    return data.map((text) => {
      const sequence = (this.sequence += 10n)
      this.shard(shard).records.push({ sequence, data: text, key: `key of ${text}`, arrivalMs })
      return String(sequence)
    })
  }

  /** Lets the first records of a shard expire. */
  expire(shard: string, count: number): void {
    this.shard(shard).records.splice(0, count)
  }

  /** The record of a shard as an event has it, and where a subscription goes on after it. */
  event(shard: string, index: number): object {
    const record = this.shard(shard).records[index]
    return { Records: [wireRecord(record)], ContinuationSequenceNumber: String(record.sequence), MillisBehindLatest: 0 }
  }

  /** The last event of a shard. */
  endEvent(shard: string): object {
    return { Records: [], ContinuationSequenceNumber: null, MillisBehindLatest: 0, ChildShards: this.childrenOf(shard) }
  }

  private answer(operation: string, input: Readonly<Record<string, unknown>>): ScriptedAnswer {
    switch (operation) {
      case 'DescribeStreamSummary':
        return {
          StreamDescriptionSummary: { StreamName: 'memory', StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/memory', RetentionPeriodHours: this.retentionHours, StreamCreationTimestamp: this.createdMs / 1000 },
        }
      case 'ListShards':
        return this.list(Number(input.NextToken ?? 0))
      case 'GetShardIterator':
        return { ShardIterator: this.iterator(input) }
      case 'GetRecords':
        return this.records(String(input.ShardIterator), Number(input.Limit))
      default:
        return new ScriptedError('UnknownOperationException')
    }
  }

  private list(from: number): ScriptedAnswer {
    const shards = [...this.shards.values()].map(({ id, parents, closed }) => ({
      ShardId: id,
      ParentShardId: parents[0],
      AdjacentParentShardId: parents[1],
      HashKeyRange: RANGE,
      SequenceNumberRange: { StartingSequenceNumber: '1', ...(closed ? { EndingSequenceNumber: '9'.repeat(40) } : {}) },
    }))
    const to = from + this.pageShards
    return { Shards: shards.slice(from, to), ...(to < shards.length ? { NextToken: String(to) } : {}) }
  }

  private iterator(input: Readonly<Record<string, unknown>>): string {
    const { ShardId, ShardIteratorType, StartingSequenceNumber = '0', Timestamp } = input as Readonly<Record<string, string>>
    const shard = this.shard(ShardId)
    const from = BigInt(StartingSequenceNumber)
    const place = [0n, this.sequence + 1n, this.firstSince(shard, Number(Timestamp) * 1000), from, from + 1n][ITERATOR_TYPES.indexOf(ShardIteratorType)]
    return `${shard.id} ${place}`
  }

  private firstSince({ records }: MemoryShard, sinceMs: number): bigint {
    return records.find(({ arrivalMs }) => arrivalMs >= sinceMs)?.sequence ?? this.sequence + 1n
  }

  private records(iterator: string, limit: number): ScriptedAnswer {
    const [id, place] = iterator.split(' ')
    const { records, closed } = this.shard(id)
    const found = records.filter(({ sequence }) => sequence >= BigInt(place)).slice(0, limit)
    const last = found.at(-1)
    const left = records.filter(({ sequence }) => sequence > (last?.sequence ?? BigInt(place))).length
    const ended = closed && left === 0
    return {
      Records: found.map(wireRecord),
      MillisBehindLatest: left === 0 ? 0 : left * 1000,
      NextShardIterator: ended ? null : `${id} ${last === undefined ? place : last.sequence + 1n}`,
      ...(ended && this.tellsChildren ? { ChildShards: this.childrenOf(id) } : {}),
    }
  }

  private childrenOf(id: string): object[] {
    return [...this.shards.values()].filter(({ parents }) => parents.includes(id)).map((child) => ({ ShardId: child.id, ParentShards: child.parents, HashKeyRange: RANGE }))
  }

  private shard(id: string): MemoryShard {
    const shard = this.shards.get(id)
    if (shard === undefined) throw new ScriptedError('ResourceNotFoundException')
    return shard
  }
}

function wireRecord({ sequence, data, key, arrivalMs }: MemoryRecord): object {
  return { SequenceNumber: String(sequence), Data: Buffer.from(data).toString('base64'), PartitionKey: key, ApproximateArrivalTimestamp: arrivalMs / 1000 }
}

/** The source `kinesis` on a server, polling without much waiting. */
export function bindKinesis(server: { readonly endpoint: string; readonly region: string; readonly credentials: object }, options: object = {}): Source {
  const { endpoint, region, credentials } = server
  const config = kinesisSource.config.parse({ stream: 'memory', endpoint, region, credentials, poll: '200ms', shardLimits: { requests: 1000, bytes: '1GB' }, ...options })
  return kinesisSource.bind(config, { pipeline: 'test', directory: '.', warn: () => undefined })
}

/** What a source gives, as text: `0: a`, `0 ends`, `0 passes ~1772323200000`; ends when `until` says so. */
export async function readTexts(source: Source, runtime: SourceRuntime, until: (texts: readonly string[]) => boolean): Promise<string[]> {
  const texts: string[] = []
  for await (const event of source.read(runtime)) {
    if (event.kind === 'shardEnd') texts.push(`${event.shard} ends`)
    else if (event.kind === 'passed') texts.push(`${event.shard} passes ${event.position}`)
    else for (let i = 0; i < event.records.count; i++) texts.push(`${event.shard}: ${Buffer.from(event.records.payload(i)).toString()}`)
    if (until(texts)) break
  }
  return texts
}

/** Positions of all records that a source gives, by their text. */
export async function readPositions(source: Source, runtime: SourceRuntime, count: number): Promise<Map<string, Position>> {
  const positions = new Map<string, Position>()
  for await (const event of source.read(runtime)) {
    if (event.kind !== 'records') continue
    for (let i = 0; i < event.records.count; i++) positions.set(Buffer.from(event.records.payload(i)).toString(), event.records.position(i))
    if (positions.size >= count) break
  }
  return positions
}
