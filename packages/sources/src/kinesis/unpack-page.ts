import { compareSequenceNumbers, type HashKeyRange, type KinesisPosition, type RecordsPage } from '@standpipe/aws'
import { hashKeyOf, isWithin } from './hash-keys.js'
import { mayBeAggregate, readAggregate, type Aggregate } from './kpl-aggregate.js'

/** The user records of a page, by parallel arrays: an aggregate holds several, any other record is one. */
export interface UserRecords {
  /** Where the payloads are: `bytes[starts[i], ends[i])`. */
  readonly bytes: Buffer
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** The record of the page that each came in. */
  readonly recordOf: Int32Array
  /** Index within its aggregate; -1 for a record that is none. */
  readonly subSequences: Int32Array
  /** Partition keys of records in aggregates; the page knows the others. */
  readonly keys: ReadonlyMap<number, string>
  /** Records in aggregates whose key belongs to another shard. */
  readonly misplaced: number
}

/** How a page is unpacked. */
export interface UnpackOptions {
  /** Records up to here are left out. */
  readonly after: KinesisPosition | undefined
  /** Whether aggregates are taken apart. */
  readonly aggregates: boolean
  /** The hash keys of the shard. */
  readonly hashKeys: HashKeyRange
}

/** Takes a page apart, from a position on. The payloads stay where they are. */
export function unpackPage(page: RecordsPage, options: UnpackOptions): UserRecords {
  const { after, aggregates } = options
  const first = after === undefined ? 0 : firstFrom(page, after)
  let found = false
  for (let i = first; i < page.count && aggregates && !found; i++) found = mayBeAggregate(page.bytes, page.starts[i], page.ends[i])
  return found ? takeApart(page, first, options) : wholeRecords(page, first)
}

/** The first record after a position, or the aggregate that the position lies in. */
function firstFrom(page: RecordsPage, { sequenceNumber, subSequence }: KinesisPosition): number {
  let first = 0
  while (first < page.count) {
    const order = compareSequenceNumbers(page.sequenceNumber(first), sequenceNumber)
    if (order > 0 || (order === 0 && subSequence !== undefined)) break
    first++
  }
  return first
}

function wholeRecords(page: RecordsPage, first: number): UserRecords {
  const recordOf = Int32Array.from({ length: page.count - first }, (_, i) => first + i)
  return {
    bytes: page.bytes,
    starts: page.starts.subarray(first),
    ends: page.ends.subarray(first),
    recordOf,
    subSequences: new Int32Array(recordOf.length).fill(-1),
    keys: new Map(),
    misplaced: 0,
  }
}

function takeApart(page: RecordsPage, first: number, { after, hashKeys }: UnpackOptions): UserRecords {
  const starts: number[] = []
  const ends: number[] = []
  const recordOf: number[] = []
  const subSequences: number[] = []
  const keys = new Map<number, string>()
  let misplaced = 0
  const add = (record: number, start: number, end: number, sub: number): void => {
    starts.push(start)
    ends.push(end)
    recordOf.push(record)
    subSequences.push(sub)
  }
  for (let record = first; record < page.count; record++) {
    const aggregate = readAggregate(page.bytes, page.starts[record], page.ends[record])
    if (aggregate === undefined) {
      add(record, page.starts[record], page.ends[record], -1)
      continue
    }
    const within = placesOf(aggregate, hashKeys)
    const from = after?.subSequence !== undefined && page.sequenceNumber(record) === after.sequenceNumber ? after.subSequence + 1 : 0
    for (let sub = from; sub < aggregate.starts.length; sub++) {
      keys.set(starts.length, aggregate.keyTable[aggregate.keys[sub]])
      add(record, aggregate.starts[sub], aggregate.ends[sub], sub)
      if (!within(sub)) misplaced++
    }
  }
  return {
    bytes: page.bytes,
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    recordOf: Int32Array.from(recordOf),
    subSequences: Int32Array.from(subSequences),
    keys,
    misplaced,
  }
}

/** Tells of the records of an aggregate whether they belong in the shard, with one look at each key. */
function placesOf(aggregate: Aggregate, range: HashKeyRange): (sub: number) => boolean {
  const byKey = aggregate.keyTable.map((key) => isWithin(range, hashKeyOf(key)))
  const byHashKey = aggregate.hashKeyTable.map((key) => isWithin(range, BigInt(key)))
  return (sub) => {
    const hashKey = aggregate.hashKeys[sub]
    return hashKey === undefined ? byKey[aggregate.keys[sub]] : byHashKey[hashKey]
  }
}
