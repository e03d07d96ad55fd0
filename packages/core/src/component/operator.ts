import type { OperatorFunction } from 'rxjs'
import type { z } from 'zod'
import type { Batch, Schema } from '../model/index.js'
import type { BindContext, ComponentDefinition } from './define.js'
import type { OperatorRuntime } from './runtime.js'
import type { IamStatement } from './source.js'

/** What an operator promises; the engine computes the delivery contract from it. */
export interface OperatorTraits {
  /** A record read again gives the same number of rows in the same partitions (values may differ). */
  readonly deterministic: boolean
  /** Keeps state across batches that must be committed with the positions: see `OperatorRuntime.state`. */
  readonly stateful: boolean
}

/** An operator bound to its config and to the schema of what comes in. */
export interface Operator {
  /** Schema of what it emits. */
  readonly schema: Schema
  readonly traits: OperatorTraits
  /**
   * One subscription for each run of a pipeline. Emits batches of the {@link schema}; keeps the order of a
   * shard; emits a batch even when no row is left in it (it still carries the position); completes after
   * its input completed and everything was emitted. A record that fails goes to `runtime.reject`; RxJS's
   * error channel means that the pipeline is broken.
   */
  run(runtime: OperatorRuntime): OperatorFunction<Batch, Batch>
  /** Of a stateful operator: the most that its state takes in memory, in bytes. It holds to that by itself, and tells `OperatorState.holds`. */
  readonly stateBytes?: number
  /** Of an operator that makes rows of several records: how long a record waits in it. */
  readonly collects?: {
    /** The least time between a record and the rows that it went into, where event time goes as fast as the clock. */
    readonly forMs: number
    /** When those rows come out, for people: they come out `once ${until}`. */
    readonly until: string
  }
  /** What decides the rows besides the config: the hash of a user's module. */
  readonly fingerprint?: string
  /** Of an operator on payloads: the names that prefixes may use after it, as `!{partitionKeyFromQuery:NAME}`; any, where the names are not known before it runs. */
  readonly partitionKeys?: { readonly query: readonly string[] } | { readonly lambda: 'any' }
  /** For people, in `explain`: what is not promised because of it. */
  readonly caveats?: readonly string[]
  /** For `explain --iam`: the statements a least policy needs. */
  iam?(): readonly IamStatement[]
}

export interface OperatorDefinition<Config extends z.ZodType = z.ZodType> extends ComponentDefinition<Config> {
  readonly kind: 'operator'
  /**
   * What it works on: decoded rows, in `operators:`; or payloads as they were read, in `transform:`, before they are decoded. On
   * payloads the schema has no fields and every record is a row; it derives batches by `Batch.withRecords`. Default: rows.
   */
  readonly on?: 'rows' | 'payloads'
  /** What leaves it always has the schema of what came in: then a mistake in its config hides none in the operators after it. */
  readonly keepsSchema?: boolean
  /** Binds the operator; opens nothing. Throws ConfigProblemError. May load a user's module, hence the promise. */
  bind(config: z.output<Config>, schema: Schema, context: BindContext): Operator | Promise<Operator>
}

/** Declares an operator. See `packages/core/src/operators/filter.ts` for one. */
export function defineOperator<Config extends z.ZodType>(
  definition: Omit<OperatorDefinition<Config>, 'kind'>,
): OperatorDefinition<Config> {
  return { kind: 'operator', ...definition }
}
