import { originalPayload, type Position, type RecordSet } from '../model/index.js'

/** A record taken out of its batch: the payload, as the source gave it, is a copy, so that nothing else of the batch stays in memory. */
export interface KeptRecord {
  readonly payload: Uint8Array
  readonly position: Position
  readonly arrivalMs: number
  readonly origin: string
  readonly partitionKey: string | undefined
}

/** Copies a record out of a set, with the payload that came before any step replaced it. */
export function keepRecord(records: RecordSet, index: number): KeptRecord {
  return {
    payload: new Uint8Array(originalPayload(records, index)),
    position: records.position(index),
    arrivalMs: records.arrival(index),
    origin: records.origin(index),
    partitionKey: records.partitionKey?.(index),
  }
}

/** Kept records as a set, in their order. */
export function recordSetOf(kept: readonly KeptRecord[]): RecordSet {
  return {
    count: kept.length,
    payload: (index) => kept[index].payload,
    position: (index) => kept[index].position,
    arrival: (index) => kept[index].arrivalMs,
    origin: (index) => kept[index].origin,
    partitionKey: (index) => kept[index].partitionKey,
  }
}
