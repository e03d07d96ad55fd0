import { z } from 'zod'
import { ConfigProblemError, defineOperator, type OperatorRuntime } from '../component/index.js'
import { formatType, readValue, type Batch, type Column, type Rejection } from '../model/index.js'
import { bindExpression, EXPRESSION_ERROR } from './bind-expression.js'
import { mapBatches } from './map-batches.js'
import { settleFailures } from './row-failures.js'
import { selectRows } from './selection.js'

/** Keeps a share of the records, always the same ones. */
export const sample = defineOperator({
  name: 'sample',
  keepsSchema: true,
  summary: 'Keeps a share of the records, always the same ones.',
  stability: 'beta',
  description:
    'Chosen by a hash, not by chance: a record read again is chosen again. With `by`, records of one value stay or go together ' +
    '(all readings of 1 % of the devices); without it, each record by its position.',
  config: z.strictObject({
    rate: z.number().gt(0).max(1).describe('The share to keep, like 0.01.'),
    by: z.string().optional().describe('A field or CEL expression whose value decides.'),
  }),
  examples: [
    { title: 'One record in a hundred', config: { rate: 0.01 } },
    { title: 'A tenth of the devices', config: { rate: 0.1, by: 'device_id' } },
  ],
  bind(config, schema, context) {
    const limit = config.rate * 2 ** 32
    const by = config.by === undefined ? undefined : bindExpression(config.by, schema, context, ['by'])
    if (by !== undefined && (by.type.kind === 'struct' || by.type.kind === 'list')) {
      throw new ConfigProblemError(`a sample is drawn by one value, not by ${formatType(by.type)}`, { path: ['by'] })
    }
    const byPosition = (batch: Batch, runtime: OperatorRuntime): Batch => {
      const seed = hashText(batch.shard, 0)
      return keep(batch, (row) => mixed(hashText(batch.positionAt(row), seed)) < limit, runtime)
    }
    const byValue = (batch: Batch, runtime: OperatorRuntime): Batch => {
      if (by === undefined) return byPosition(batch, runtime)
      const { column, errors } = by.evaluate(batch.rows, batch.selection)
      const failures = new Map<number, Rejection>()
      for (const [row, message] of errors) failures.set(row, { code: EXPRESSION_ERROR, message: `sample: ${message}` })
      const decided = settleFailures(batch, failures, 'deadLetter', runtime)
      return keep(decided, (row) => mixed(hashText(textOf(column, row), 0)) < limit, runtime)
    }
    return {
      schema,
      traits: { deterministic: true, stateful: false },
      run: (runtime) => mapBatches((batch) => byValue(batch, runtime)),
    }
  },
})

function keep(batch: Batch, chosen: (row: number) => boolean, runtime: OperatorRuntime): Batch {
  const selection = selectRows(batch, chosen)
  runtime.dropped(batch.rowCount - selection.length)
  return batch.withSelection(selection)
}

function textOf(column: Column, row: number): string {
  const value = readValue(column, row)
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
}

/** FNV-1a over UTF-16 units. */
function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** The finalizer of MurmurHash3: FNV alone leaves the high bits of short texts alike, and the high bits decide. */
function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
