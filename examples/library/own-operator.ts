// An operator of your own that works on columns: no object is made for a row. Its options are checked like those of
// the standard ones, and what it finds wrong in them is a problem with a place, not a crash.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { map } from 'rxjs'
import { ConfigProblemError, defineOperator, fieldIndex, type Batch, type PipelineRun } from 'standpipe'
import { z } from 'zod'
import { planAndRun } from './plan-and-run.js'
import { isStartedHere } from './started-here.js'

/** Rounds a double field to a number of decimals. */
export const roundOperator = defineOperator({
  name: 'round',
  summary: 'Rounds a field to a number of decimals.',
  stability: 'experimental',
  config: z.strictObject({
    field: z.string().describe('A field of type double.'),
    decimals: z.int().min(0).max(15).default(0).describe('Digits after the point.'),
  }),
  examples: [{ title: 'To whole degrees', config: { field: 'temperature' } }],
  bind({ field, decimals }, schema) {
    const at = fieldIndex(schema, field)
    if (schema.fields[at]?.type.kind !== 'double') throw new ConfigProblemError(`\`${field}\` is no double field`, { path: ['field'] })
    const scale = 10 ** decimals
    const round = (batch: Batch): Batch => {
      const columns = [...batch.rows.columns]
      const column = columns[at]
      if (column.storage !== 'double') return batch
      // Batches are shared between sinks: a changed column is a new one.
      columns[at] = { ...column, values: column.values.map((value) => Math.round(value * scale) / scale) }
      return batch.withRows({ ...batch.rows, columns })
    }
    return { schema, traits: { deterministic: true, stateful: false }, run: () => map(round) }
  },
})

/** Delivers `examples/files/readings.csv` with whole degrees below `out`. */
export async function runOwnOperator(out: string): Promise<PipelineRun> {
  const run = await planAndRun(
    {
      name: 'own-operator',
      source: { file: { path: 'examples/files/readings.csv', format: 'csv' } },
      schema: { device_id: 'string', temperature: { type: 'double', required: true } },
      operators: [{ round: { field: 'temperature' } }],
      sink: { directory: { path: join(out, 'rounded') } },
      deadLetter: { directory: { path: join(out, 'errors') } },
      state: join(out, 'state'),
    },
    [roundOperator],
  )
  await run.done
  return run
}

if (isStartedHere(import.meta.url)) {
  const out = 'out/library/own-operator'
  await rm(out, { recursive: true, force: true })
  const { counts } = await runOwnOperator(out)
  console.log(`${counts.sink('directory').delivered} rows with whole degrees delivered to ${out}/rounded`)
}
