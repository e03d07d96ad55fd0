import type { Batch } from '../../model/index.js'

/** The partitions of the rows of a batch. */
export interface PartitionAssignment {
  /** Distinct partitions of this batch, in order of first appearance: `plant=busan/dt=2026-03-01/`, already escaped. */
  readonly partitions: readonly string[]
  /** By position in the batch (0 to `batch.rowCount - 1`): index into `partitions`, or -1 where the row has none (see `rejected`). */
  readonly ofRow: Int32Array
  /** Rows whose partition cannot be told (a null field without a default), with the reason. `row` indexes `batch.rows`. */
  readonly rejected: readonly { readonly row: number; readonly message: string }[]
}

/** What is known when an object of a partition is named. */
export interface ObjectNaming {
  /** Arrival time of its oldest record, in milliseconds: the instant of `!{timestamp:…}`. */
  readonly oldestArrivalMs: number
  /** Fresh random text for `!{firehose:random-string}`. */
  random(): string
}

/** An expression of a prefix whose value makes the partition of a record. */
export interface PrefixKey {
  /** As the user wrote it: `!{arrival:yyyy-MM-dd}`. */
  readonly expression: string
  readonly kind: 'field' | 'event' | 'arrival' | 'other'
  readonly field?: string
}

/** A prefix with its expressions compiled. */
export interface CompiledPrefix {
  /** As the user wrote it. */
  readonly text: string
  /** Whether every row lands in one partition. */
  readonly constant: boolean
  /** Splits a batch by the expressions that are per record (`field`, `event`, `arrival`, `partitionKeyFromQuery`, `firehose:error-output-type`). */
  assign(batch: Batch): PartitionAssignment
  /** The key prefix of a new object of a partition: the expressions that are per object are filled in now. */
  keyPrefix(partition: string, naming: ObjectNaming): string
  /** The expressions that are per record: what has to be the same when a record is read again. */
  readonly keys: readonly PrefixKey[]
  /** Parts of the prefix that are partition columns in Hive style (`dt=…`), for `table`: name, and the expression behind it. */
  readonly columns: readonly { readonly name: string; readonly expression: string; readonly kind: 'field' | 'event' | 'arrival' | 'timestamp' | 'other'; readonly pattern?: string; readonly field?: string }[]
}
