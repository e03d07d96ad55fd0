import type { z } from 'zod'
import type { Batch, Column, Columns, DataType, Rejection, Schema } from '../model/index.js'
import type { BindContext, ComponentDefinition } from './define.js'
import type { ObjectStore } from './object-store.js'
import type { Runtime } from './runtime.js'
import type { IamStatement } from './source.js'

/** What happens to a batch or object that is written again after an ambiguous failure. */
export type SinkGuarantee =
  /** Stages invisibly and publishes once: exactly-once is possible. */
  | 'transactional'
  /** Writing the same again changes nothing. */
  | 'idempotent'
  /** Duplicates are possible. */
  | 'at-least-once'

interface SinkBase {
  readonly guarantee: SinkGuarantee
  /** For people, in `explain`: what the other side does not promise. */
  readonly caveats?: readonly string[]
  /** For `explain --iam`: the statements a least policy needs. */
  iam?(): readonly IamStatement[]
}

/** A sink that takes batches as they come. */
export interface RecordSink extends SinkBase {
  readonly kind: 'record'
  /** Whether rows keep their order within a shard, also when something is sent again. */
  readonly keepsOrder: boolean
  open(runtime: Runtime): Promise<RecordWriter>
}

/** A record sink that is open. */
export interface RecordWriter {
  /**
   * Resolves when all rows of the batch are durable on the other side. Throws a StandpipeError: the engine
   * retries it where it is retryable, so a sink that delivered a part remembers which rows are left.
   * A row that the other side can never take (too long) goes to `reject`, once, and the rest goes on.
   */
  write(batch: Batch, signal: AbortSignal, reject: (row: number, rejection: Rejection) => void): Promise<void>
  close(): Promise<void>
}

/** A sink that puts rows into objects. The engine partitions, encodes, rolls and commits; the sink supplies the store. */
export interface ObjectSink extends SinkBase {
  readonly kind: 'object'
  /** Where objects go. Opens nothing. */
  createStore(runtime: Runtime): ObjectStore
  /** Where objects go, for people: `s3://lake`, `out/telemetry`. */
  readonly location: string
  /** Prefix with expressions, as written; `''` for none. */
  readonly prefix: string
  readonly format: { readonly name: string; readonly config: unknown }
  readonly roll: RollPolicy
  /** Replaces the format's file extension, with the dot. */
  readonly fileExtension?: string
  /** What names of objects begin with after the prefix, before the time; by default the pipeline's name. */
  readonly objectName?: string
  /** Most partitions that may be open or on their way at once; rows of others become dead letters. No limit by default. */
  readonly activePartitions?: number
  /** Zone of `!{timestamp:…}`, `!{arrival:…}` and the time in the names of objects; UTC by default. */
  readonly timeZone?: string
}

/** When an open object is finished. */
export interface RollPolicy {
  /** Encoded bytes. */
  readonly sizeBytes: number
  /** Time since its first row. */
  readonly ageMs: number
  /** Payload bytes of the records that went in: Firehose's size hint. */
  readonly inputBytes?: number
}

export interface SinkDefinition<Config extends z.ZodType = z.ZodType> extends ComponentDefinition<Config> {
  readonly kind: 'sink'
  /** Binds the sink to its config and the schema of what comes in; opens nothing. Throws ConfigProblemError. */
  bind(config: z.output<Config>, schema: Schema, context: SinkBindContext): RecordSink | ObjectSink | Promise<RecordSink | ObjectSink>
}

/** What a sink is told when it is bound. */
export interface SinkBindContext extends BindContext {
  /** Binds a format by name, for record sinks that encode rows; throws ConfigProblemError. */
  bindFormat(name: string, config: unknown): Promise<{ encodeRows(batch: Batch): readonly Uint8Array[] }>
  /** Compiles a CEL expression over the rows, for record sinks that address them; throws ConfigProblemError at `path`. */
  bindExpression(text: string, path: readonly (string | number)[]): RowExpression
}

/** An expression over the rows that reach a sink. */
export interface RowExpression {
  readonly type: DataType
  /** The value of each selected row (null: of all), and what went wrong with the rows that have none. */
  evaluate(rows: Columns, selection: Int32Array | null): { readonly column: Column; readonly errors: ReadonlyMap<number, string> }
}

/** Declares a sink. See `packages/sinks/src/directory.ts` for one. */
export function defineSink<Config extends z.ZodType>(definition: Omit<SinkDefinition<Config>, 'kind'>): SinkDefinition<Config> {
  return { kind: 'sink', ...definition }
}
