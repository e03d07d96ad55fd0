// A pipeline as a typed object: the same keys as in YAML, checked by the compiler and again when it is planned. The
// options of a component have the type of its definition. What only a program has, a function, goes in as a value.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { directorySink } from '@standpipe/sinks'
import type { fileSource } from '@standpipe/sources'
import { definePipeline, planPipeline, runPipeline, standardRegistry, type MapFunction, type PipelineRun } from 'standpipe'
import type { z } from 'zod'
import { isStartedHere } from './started-here.js'

type FileOptions = z.input<typeof fileSource.config>
type DirectoryOptions = z.input<typeof directorySink.config>

const toFahrenheit: MapFunction = (row) => ({ ...row, temperature: Number(row.temperature) * 1.8 + 32 })

/** Delivers `examples/files/readings.csv` to Parquet below `out`, in Fahrenheit. */
export async function runTypedOptions(out: string): Promise<PipelineRun> {
  const input: FileOptions = { path: 'examples/files/readings.csv', format: 'csv' }
  const lake: DirectoryOptions = { path: join(out, 'readings'), prefix: 'line=!{field:line}/', format: 'parquet', roll: { size: '128MiB' } }
  const config = definePipeline({
    name: 'typed-options',
    source: { file: input },
    schema: { device_id: 'string', line: 'string', temperature: { type: 'double', required: true } },
    operators: [{ filter: 'temperature > -50.0' }, { map: { function: toFahrenheit, deterministic: true } }],
    sink: { directory: lake },
    deadLetter: { directory: { path: join(out, 'errors'), format: 'jsonl' } },
    state: join(out, 'state'),
  })
  const { plan, problems } = await planPipeline(config, standardRegistry(), { directory: process.cwd() })
  if (plan === undefined) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  const run = runPipeline(plan)
  await run.done
  return run
}

if (isStartedHere(import.meta.url)) {
  const out = 'out/library/typed-options'
  await rm(out, { recursive: true, force: true })
  const { counts } = await runTypedOptions(out)
  console.log(`${counts.recordsRead} records in, ${counts.sink('directory').delivered} rows delivered to ${out}/readings`)
}
