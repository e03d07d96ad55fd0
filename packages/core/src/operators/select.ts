import { z } from 'zod'
import { ConfigProblemError, defineOperator } from '../component/index.js'
import type { Schema } from '../model/index.js'
import { bindField } from './bind-field.js'
import { mapBatches } from './map-batches.js'

/** Keeps some of the fields, or drops some. */
export const select = defineOperator({
  name: 'select',
  summary: 'Keeps the named fields, or all but the named.',
  stability: 'beta',
  description: 'A list keeps these fields, in this order. `drop` keeps all others. Records are never dropped.',
  config: z.union([
    z.array(z.string()).min(1).describe('Fields to keep, in the order they shall have.').transform((keep) => ({ keep, drop: undefined })),
    z
      .strictObject({ drop: z.array(z.string()).min(1).describe('Fields to leave out.') })
      .transform(({ drop }) => ({ keep: undefined, drop })),
  ]),
  examples: [
    { title: 'Two fields', config: ['device_id', 'temperature'] },
    { title: 'All but one', config: { drop: ['temperature'] } },
  ],
  bind(config, schema) {
    const kept = config.keep === undefined ? othersThan(config.drop, schema) : indexesOf(config.keep, schema, [])
    const output: Schema = { fields: kept.map((index) => schema.fields[index]) }
    return {
      schema: output,
      traits: { deterministic: true, stateful: false },
      run: () =>
        mapBatches((batch) =>
          batch.withRows({ schema: output, rowCount: batch.rows.rowCount, columns: kept.map((index) => batch.rows.columns[index]) }),
        ),
    }
  },
})

function othersThan(names: readonly string[], schema: Schema): number[] {
  const dropped = new Set(indexesOf(names, schema, ['drop']))
  const kept = [...schema.fields.keys()].filter((index) => !dropped.has(index))
  if (kept.length === 0) throw new ConfigProblemError('no field is left', { path: ['drop'] })
  return kept
}

function indexesOf(names: readonly string[], schema: Schema, path: readonly (string | number)[]): number[] {
  return names.map((name, i) => {
    if (names.indexOf(name) !== i) throw new ConfigProblemError(`\`${name}\` is named twice`, { path: [...path, i] })
    return bindField(name, schema, [...path, i])
  })
}
