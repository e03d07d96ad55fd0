import { originalPayload, type PartitionKeys, type RecordSet } from './record-set.js'

/** The same records with other payloads; a record without one keeps its own. Each still knows its {@link RecordSet.original}. */
export function replacePayloads(records: RecordSet, payloads: readonly (Uint8Array | undefined)[]): RecordSet {
  return {
    ...sameRecords(records),
    payload: (index) => payloads[index] ?? records.payload(index),
    original: (index) => originalPayload(records, index),
  }
}

/**
 * Records taken apart: record `i` is a piece of record `recordOf[i]`, which never decreases, with its position and its
 * arrival. A piece is a record of its own from here on, and what a dead letter keeps of it is the piece.
 */
export function splitRecords(records: RecordSet, recordOf: Int32Array, payloads: readonly Uint8Array[]): RecordSet {
  const pieceOf = (index: number): number => {
    let first = index
    while (first > 0 && recordOf[first - 1] === recordOf[index]) first -= 1
    return index - first
  }
  return {
    ...pickRecords(records, recordOf),
    payload: (index) => payloads[index],
    original: (index) => payloads[index],
    origin: (index) => `${records.origin(recordOf[index])} part ${pieceOf(index) + 1}`,
  }
}

/** The same records with partition keys beside those that they have. */
export function addPartitionKeys(records: RecordSet, keys: readonly (PartitionKeys | undefined)[]): RecordSet {
  return {
    ...sameRecords(records),
    partitionKeys: (index) => {
      const before = records.partitionKeys?.(index)
      const found = keys[index]
      return found === undefined ? before : { ...before, ...found }
    },
  }
}

/** Some records of a set, by their indexes, as a set of their own. */
export function pickRecords(records: RecordSet, indexes: Int32Array): RecordSet {
  const { partitionKey, partitionKeys, problem } = records
  return {
    count: indexes.length,
    payload: (index) => records.payload(indexes[index]),
    position: (index) => records.position(indexes[index]),
    arrival: (index) => records.arrival(indexes[index]),
    origin: (index) => records.origin(indexes[index]),
    original: (index) => originalPayload(records, indexes[index]),
    ...(partitionKey === undefined ? {} : { partitionKey: (index) => partitionKey.call(records, indexes[index]) }),
    ...(partitionKeys === undefined ? {} : { partitionKeys: (index) => partitionKeys.call(records, indexes[index]) }),
    ...(problem === undefined ? {} : { problem: (index) => problem.call(records, indexes[index]) }),
    ...headerOf(records),
  }
}

/** A set that reads all from another one; sources may use classes, whose methods a spread would lose. */
function sameRecords(records: RecordSet): RecordSet {
  const { partitionKey, partitionKeys, problem } = records
  return {
    count: records.count,
    payload: (index) => records.payload(index),
    position: (index) => records.position(index),
    arrival: (index) => records.arrival(index),
    origin: (index) => records.origin(index),
    original: (index) => originalPayload(records, index),
    ...(partitionKey === undefined ? {} : { partitionKey: (index) => partitionKey.call(records, index) }),
    ...(partitionKeys === undefined ? {} : { partitionKeys: (index) => partitionKeys.call(records, index) }),
    ...(problem === undefined ? {} : { problem: (index) => problem.call(records, index) }),
    ...headerOf(records),
  }
}

/** Column names that came with the records stay with them. */
function headerOf(records: RecordSet & { readonly header?: readonly string[] }): { readonly header?: readonly string[] } {
  return records.header === undefined ? {} : { header: records.header }
}
