import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { from, lastValueFrom, reduce } from 'rxjs'
import { Batch, Hold, planPipelines, runPipeline, standardRegistry, systemClock } from 'standpipe'
import { CACHE } from './inputs.mjs'

/** Plans bench/pipelines/NAME.yaml for an input, with so many threads beside the main one and the variables of `more`; what it writes goes to a folder of this process that {@link removeOutput} removes. */
export async function planBench(name, input, workers = 0, more = {}) {
  removeOutput()
  const path = fileURLToPath(new URL(`pipelines/${name}.yaml`, import.meta.url))
  const variables = { INPUT: input.path, OUTPUT: `${outputFolder()}/out`, STATE: `${outputFolder()}/state`, ...more }
  const readFile = () => Promise.reject(new Error('the pipelines of the benchmark read no other file'))
  const { plans, problems } = await planPipelines({ path, text: readFileSync(path, 'utf8') }, standardRegistry(), { variables, readFile })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
  const [plan] = plans
  return { ...plan, limits: { ...plan.limits, workers } }
}

/** A folder for what this process writes; made anew. */
export function freshOutput() {
  removeOutput()
  mkdirSync(outputFolder(), { recursive: true })
  return outputFolder()
}

/** Removes everything that this process wrote. */
export function removeOutput() {
  rmSync(outputFolder(), { recursive: true, force: true })
}

function outputFolder() {
  return `${CACHE}run-${process.pid}`
}

/** Stage `read`: the file source alone, bytes to records. Calls `take` with each batch; resolves to the number of records. */
export async function readRecords(plan, take = () => undefined) {
  const stopping = new AbortController().signal
  const runtime = { ...quietRuntime(plan), stopping, knownShards: [], checkpoint: () => undefined, ended: () => false, batchBytes: plan.limits.batchBytes }
  let records = 0
  for await (const event of plan.source.source.read(runtime)) {
    if (event.kind !== 'records') continue
    records += event.records.count
    take(event)
  }
  return records
}

/** Stage `decode`: payload bytes in memory to columns. */
export function decodeRecords(plan, events) {
  return events.map(({ shard, records }) => {
    const { rows, recordOfRow, rejected } = plan.decoder.decode(records)
    if (rejected.length > 0) throw new Error(`record ${rejected[0].record} was rejected: ${rejected[0].rejection.message}`)
    return new Batch({ shard, records, rows, recordOfRow, selection: null, progress: held(), memory: held() })
  })
}

/** Stage `transform`: the operators alone, columns to columns. Resolves to the rows that are left. */
export async function transformBatches(plan, batches) {
  const fail = (_batch, _row, { message }) => {
    throw new Error(`a row was rejected: ${message}`)
  }
  const runtime = { ...quietRuntime(plan), reject: fail, dropped: () => undefined, added: () => undefined }
  const stream = plan.operators.reduce((input, { operator }) => input.pipe(operator.run(runtime)), from(batches))
  return lastValueFrom(stream.pipe(reduce((rows, batch) => rows + batch.rowCount, 0)))
}

/** Stage `encode`: columns in memory to the bytes of one Parquet file. Resolves to how many rows and bytes. */
export async function encodeBatches(plan, batches) {
  const encoder = plan.sinks[0].writer.createObject()
  let bytes = 0
  const count = (parts) => (bytes += parts.reduce((sum, part) => sum + part.length, 0))
  for (const batch of batches) {
    encoder.append(batch, null)
    if (encoder.blockFull) count(await encoder.flush())
  }
  count(await encoder.finish({}))
  return { rows: batches.reduce((sum, batch) => sum + batch.rowCount, 0), bytes }
}

/** The whole way: the pipeline as the product runs it, file to published Parquet. Resolves to records read, rows and bytes delivered. */
export async function runWhole(plan) {
  const run = runPipeline(plan)
  await run.done
  const { delivered, objectBytes } = run.counts.sink(plan.sinks[0].name)
  return { records: run.counts.recordsRead, delivered, dropped: run.counts.before.dropped, bytes: objectBytes }
}

function held() {
  return new Hold(() => undefined)
}

function quietRuntime(plan) {
  const nothing = () => undefined
  return { pipeline: plan.name, clock: systemClock, log: { error: nothing, warn: nothing, info: nothing, debug: nothing }, signal: new AbortController().signal }
}
