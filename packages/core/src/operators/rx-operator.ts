import type { OperatorFunction } from 'rxjs'
import { z } from 'zod'
import { defineOperator, type OperatorDefinition, type OperatorRuntime } from '../component/index.js'
import type { Batch, Schema } from '../model/index.js'

/** What is promised about an RxJS operator; see {@link rxOperator}. */
export interface RxOperatorOptions {
  /** One sentence, for listings. */
  readonly summary?: string
  /** Schema of what it emits, or how it follows from that of what comes in; by default the same. */
  readonly schema?: Schema | ((input: Schema) => Schema)
  /** Whether a record read again gives as many rows in the same partitions. */
  readonly deterministic: boolean
  /** What stands for its code when it changes; see `Operator.fingerprint`. */
  readonly fingerprint?: string
}

/**
 * A definition made of an RxJS operator on the stream of batches, for pipelines built in TypeScript. The
 * operator keeps the rules of `Operator.run`: every batch is emitted, or settled, exactly once; the order of a
 * shard is kept; rows it leaves out are counted or rejected by the runtime. Where it needs the runtime, pass a
 * function of it as `create`.
 */
export function rxOperator(
  name: string,
  operator: OperatorFunction<Batch, Batch> | { readonly create: (runtime: OperatorRuntime) => OperatorFunction<Batch, Batch> },
  options: RxOperatorOptions,
): OperatorDefinition {
  return defineOperator({
    name,
    summary: options.summary ?? 'An RxJS operator of this program.',
    stability: 'stable',
    config: z.strictObject({}),
    examples: [{ title: 'It has no options', config: {} }],
    bind(_config, input) {
      const schema = typeof options.schema === 'function' ? options.schema(input) : (options.schema ?? input)
      return {
        schema,
        traits: { deterministic: options.deterministic, stateful: false },
        fingerprint: options.fingerprint,
        run: (runtime) => (typeof operator === 'function' ? operator : operator.create(runtime)),
      }
    },
  })
}
