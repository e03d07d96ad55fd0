import { z } from 'zod'
import { ConfigProblemError, defineOperator } from '../component/index.js'
import type { Schema } from '../model/index.js'
import { bindField, madeField } from './bind-field.js'
import { mapBatches } from './map-batches.js'

/** Gives fields other names. */
export const rename = defineOperator({
  name: 'rename',
  summary: 'Gives fields other names.',
  stability: 'beta',
  description: 'All renames happen at once, so two fields can change names. Two fields of one name are refused.',
  config: z.record(z.string(), z.string().min(1)).describe('Old names and the new name of each.'),
  examples: [{ title: 'Two names', config: { device_id: 'device', temperature: 'temperature_c' } }],
  bind(config, schema) {
    const fields = schema.fields.slice()
    for (const [from, to] of Object.entries(config)) {
      const index = bindField(from, schema, [from])
      fields[index] = madeField(schema.fields[index], { name: to })
    }
    for (const [from, to] of Object.entries(config)) {
      if (fields.filter((field) => field.name === to).length > 1) {
        throw new ConfigProblemError(`two fields would be named \`${to}\``, { path: [from] })
      }
    }
    const output: Schema = { fields }
    return {
      schema: output,
      traits: { deterministic: true, stateful: false },
      run: () => mapBatches((batch) => batch.withRows({ ...batch.rows, schema: output })),
    }
  },
})
