// RxJS on the stream of batches: any operators, as long as each batch comes out once (or is settled) and in its order.
// Here `tap` watches the temperature, and `concatMap` with `timer` slows the stream down for a sink that is easily hurt.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { concatMap, map, pipe, tap, timer } from 'rxjs'
import { fieldIndex, readValue, rxOperator, type Batch, type PipelineRun } from 'standpipe'
import { planAndRun } from './plan-and-run.js'
import { isStartedHere } from './started-here.js'

/** The hottest machine so far. */
export interface Hottest {
  device: string
  temperature: number
}

/** Delivers a thousand simulated records below `out`, not faster than a batch in 10 ms; gives what was hottest on the way. */
export async function runRxOperators(out: string): Promise<{ readonly run: PipelineRun; readonly hottest: Hottest }> {
  const hottest: Hottest = { device: '', temperature: -Infinity }
  const watch = rxOperator('watch', tap((batch: Batch) => look(batch, hottest)), { deterministic: true, summary: 'Remembers the hottest machine.' })
  const slowDown = rxOperator('slowDown', pipe(concatMap((batch: Batch) => timer(10).pipe(map(() => batch)))), { deterministic: true })
  const run = await planAndRun(
    {
      name: 'rx-operators',
      source: { generate: { kind: 'sensors', rate: 'max', count: 1000, faults: { malformed: 0, missing: 0 } } },
      schema: { device: { type: 'string', from: 'deviceId' }, temperature: 'double' },
      operators: [{ watch: {} }, { slowDown: {} }],
      sink: { directory: { path: join(out, 'sensors') } },
      deadLetter: { directory: { path: join(out, 'errors') } },
      limits: { batch: '16KiB' },
      state: join(out, 'state'),
    },
    [watch, slowDown],
  )
  await run.done
  return { run, hottest }
}

function look(batch: Batch, hottest: Hottest): void {
  const { schema, columns } = batch.rows
  const device = columns[fieldIndex(schema, 'device')]
  const temperature = columns[fieldIndex(schema, 'temperature')]
  for (let i = 0; i < batch.rowCount; i++) {
    const row = batch.rowAt(i)
    const value = readValue(temperature, row)
    if (typeof value === 'number' && value > hottest.temperature) Object.assign(hottest, { device: readValue(device, row), temperature: value })
  }
}

if (isStartedHere(import.meta.url)) {
  const out = 'out/library/rx-operators'
  await rm(out, { recursive: true, force: true })
  const { run, hottest } = await runRxOperators(out)
  console.log(`${run.counts.sink('directory').delivered} rows delivered; the hottest was ${hottest.device} with ${hottest.temperature} °C`)
}
