import type {
  Decoder,
  FormatWriter,
  ObjectSink,
  Operator,
  RecordSink,
  RollPolicy,
  Source,
} from '../component/index.js'
import type { CompiledPrefix } from '../expression/prefix/index.js'
import type { Schema } from '../model/index.js'
import type { Contract } from './contract.js'

/** The preset a pipeline starts from; see design.md "Semantics". */
export type Semantics = 'streams' | 'firehose'

/** What is promised about duplicates and losses after a crash. */
export type Delivery = 'exactly-once' | 'at-least-once'

/** A pipeline whose parts are all bound and fit together: what the engine runs and `explain` prints. Nothing is open yet. */
export interface Plan {
  readonly name: string
  /** The folder of the pipeline file. */
  readonly directory: string
  readonly semantics: Semantics
  readonly delivery: Delivery
  readonly source: { readonly component: string; readonly source: Source }
  /** Operators on payloads, before they are decoded. */
  readonly transform: readonly PlannedOperator[]
  /** Null in a raw pipeline, whose records are never decoded. */
  readonly decoder: Decoder | null
  /** Schema of the decoded records. */
  readonly schema: Schema
  readonly operators: readonly PlannedOperator[]
  readonly sinks: readonly PlannedSink[]
  /** Where records go that cannot be processed: an object sink for rows of `DEAD_LETTER_SCHEMA`. */
  readonly deadLetter: PlannedObjectSink
  readonly limits: Limits
  /** Folder for the ledger, the scratch file and the default dead letters. */
  readonly stateDirectory: string
  /** Serve /metrics, /healthz and /readyz here; absent: no port is opened. */
  readonly observe?: { readonly host: string; readonly port: number; readonly token?: string }
  /** Hash of all that decides partitions and row counts, and the configuration it stands for (secrets left out). */
  readonly fingerprint: string
  readonly configuration: string
  /** Which settings came from the preset or a default: `sinks[0].roll.size` → `semantics: streams`. */
  readonly provenance: ReadonlyMap<string, string>
  readonly warnings: readonly string[]
}

export interface PlannedOperator {
  readonly component: string
  readonly operator: Operator
}

/** Whether payloads are decoded in the stream and not when they are read: something wants them before. */
export function decodesInStream({ transform, sinks }: Pick<Plan, 'transform' | 'sinks'>): boolean {
  return transform.length > 0 || sinks.some(({ fromSource }) => fromSource === true)
}

interface PlannedSinkBase {
  /** Unique in the pipeline; the ledger knows the sink by it. */
  readonly name: string
  readonly component: string
  /** Set where it gets records as they were read, before `transform` and decoding. */
  readonly fromSource?: true
  /** Operators of this sink alone. */
  readonly operators: readonly PlannedOperator[]
  /** Schema of what reaches the sink. */
  readonly schema: Schema
  readonly contract: Contract
  readonly retry: RetryPolicy
}

export interface PlannedObjectSink extends PlannedSinkBase {
  readonly kind: 'object'
  readonly sink: ObjectSink
  readonly writer: FormatWriter
  readonly formatName: string
  readonly prefix: CompiledPrefix
  readonly roll: RollPolicy
}

export interface PlannedRecordSink extends PlannedSinkBase {
  readonly kind: 'record'
  readonly sink: RecordSink
}

export type PlannedSink = PlannedObjectSink | PlannedRecordSink

/** How a sink's failures are answered. `giveUpAfterMs` undefined: wait and retry for ever. */
export interface RetryPolicy {
  readonly initialMs: number
  readonly maximumMs: number
  readonly timeoutMs: number
  readonly giveUpAfterMs?: number
}

/** What bounds a run. */
export interface Limits {
  /** Bytes of records and unfinished objects in memory, over all sinks. */
  readonly memoryBytes: number
  /** Payload bytes of a batch. */
  readonly batchBytes: number
  /** Bytes of the scratch file. */
  readonly scratchBytes: number
  /** Larger records are dead letters. */
  readonly recordBytes: number
  /** How often an unchanged object sink still writes its checkpoint. */
  readonly checkpointMs: number
  /** How long a drain may take before the run stops with what is settled. */
  readonly drainMs: number
  /** Threads that encode beside the main one; absent for none. */
  readonly workers?: number
}
