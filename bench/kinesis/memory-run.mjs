// Reads all records of the stream `replay` into Parquet and says how much memory it took: `memory-run.mjs ENDPOINT MEMORY READ_AHEAD`.
import { runPipeline } from 'standpipe'
import { planBench, removeOutput } from '../product.mjs'

const [ENDPOINT, MEMORY, READ_AHEAD] = process.argv.slice(2)
const run = runPipeline(await planBench('kinesis', { path: '' }, 0, { ENDPOINT, STREAM: 'replay', MEMORY, READ_AHEAD }))
let idle
run.events.subscribe(({ type }) => {
  if (type !== 'BatchRead') return
  clearTimeout(idle)
  idle = setTimeout(() => run.drain(), 2_000)
})
await run.done
removeOutput()
process.send({ peakBytes: process.resourceUsage().maxRSS * 1024, records: run.counts.recordsRead })
process.once('disconnect', () => process.exit())
