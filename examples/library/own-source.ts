// A source of your own. It reads pages from a service (here: a function that counts), and says with each record
// where it stands; after a crash the engine asks it to read on after the last checkpoint, so delivery is exactly once.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { defineSource, type PipelineRun, type RecordSet, type SourceEvent } from 'standpipe'
import { z } from 'zod'
import { planAndRun } from './plan-and-run.js'
import { isStartedHere } from './started-here.js'

const PAGE = 100

/** Numbers and their squares, page by page. */
export const squaresSource = defineSource({
  name: 'squares',
  summary: 'Counts, and gives each number with its square.',
  stability: 'experimental',
  config: z.strictObject({ upTo: z.int().positive().describe('The last number.') }),
  examples: [{ title: 'The first thousand', config: { upTo: 1000 } }],
  bind: ({ upTo }) => ({
    traits: { replayable: true, ordered: true, bounded: true, stableArrival: true },
    // Positions are text that only the source understands.
    comparePositions: (a, b) => Number(a) - Number(b),
    async *read({ checkpoint, ended, stopping }): AsyncIterable<SourceEvent> {
      const shard = 'numbers'
      if (ended(shard)) return
      let next = Number(checkpoint(shard) ?? 0) + 1
      while (next <= upTo && !stopping.aborted) {
        const records = await fetchPage(next, Math.min(PAGE, upTo - next + 1))
        yield { kind: 'records', shard, records, bytes: records.count * 32 }
        next += records.count
      }
      if (next > upTo) yield { kind: 'shardEnd', shard }
    },
  }),
})

async function fetchPage(first: number, count: number): Promise<RecordSet> {
  const payloads = Array.from({ length: count }, (_, i) => Buffer.from(JSON.stringify({ number: first + i, square: (first + i) ** 2 })))
  return {
    count,
    payload: (index) => payloads[index],
    position: (index) => String(first + index),
    arrival: () => Date.UTC(2026, 2, 1),
    origin: (index) => `number ${first + index}`,
  }
}

/** Delivers a thousand squares to Parquet below `out`. */
export async function runOwnSource(out: string): Promise<PipelineRun> {
  const run = await planAndRun(
    {
      name: 'own-source',
      source: { squares: { upTo: 1000 } },
      schema: { number: 'int32', square: 'int64' },
      sink: { directory: { path: join(out, 'squares') } },
      deadLetter: { directory: { path: join(out, 'errors') } },
      state: join(out, 'state'),
    },
    [squaresSource],
  )
  await run.done
  return run
}

if (isStartedHere(import.meta.url)) {
  const out = 'out/library/own-source'
  await rm(out, { recursive: true, force: true })
  const { counts, plan } = await runOwnSource(out)
  console.log(`${counts.sink('directory').delivered} squares delivered to ${out}/squares, ${plan.delivery}`)
}
