// Two ways to stop. An aborted AbortSignal ends a run at once, as a crash would: nothing is lost, the next run reads on
// after the last checkpoint. `drain()` ends it cleanly: reading stops, and everything read is delivered first.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { firstValueFrom, filter } from 'rxjs'
import { definePipeline, type PipelineRun } from 'standpipe'
import { planAndRun } from './plan-and-run.js'
import { isStartedHere } from './started-here.js'

/** Stops a pipeline without an end at once, then runs it again and drains it; gives both runs. */
export async function runStopAndDrain(out: string): Promise<{ readonly stopped: PipelineRun; readonly drained: PipelineRun }> {
  const config = definePipeline({
    name: 'stop-and-drain',
    // An event time for each millisecond, so that a lost or doubled record would show.
    source: { generate: { kind: 'sensors', rate: 5000, speed: 5, faults: { malformed: 0, late: 0, missing: 0 } } },
    schema: { ts: { type: 'timestamp', required: true }, line: 'string' },
    sink: { directory: { path: join(out, 'sensors'), prefix: 'line=!{field:line}/', roll: { age: '200ms' } } },
    deadLetter: { directory: { path: join(out, 'errors') } },
    state: join(out, 'state'),
  })
  const stop = new AbortController()
  const stopped = await planAndRun(config, [], { signal: stop.signal })
  await published(stopped)
  stop.abort(new Error('stopped by the example'))
  // `done` rejects with the reason that was given.
  await stopped.done.catch((error: Error) => {
    if (error !== stop.signal.reason) throw error
  })

  const drained = await planAndRun(config)
  await published(drained)
  drained.drain()
  await drained.done
  return { stopped, drained }
}

/** Resolves when the run has published its first object. */
function published({ events, done }: PipelineRun): Promise<unknown> {
  return Promise.race([firstValueFrom(events.pipe(filter(({ type }) => type === 'ObjectPublished'))), done])
}

if (isStartedHere(import.meta.url)) {
  const out = 'out/library/stop-and-drain'
  await rm(out, { recursive: true, force: true })
  const { stopped, drained } = await runStopAndDrain(out)
  const { delivered, skipped } = drained.counts.sink('directory')
  console.log(`stopped at once: ${stopped.counts.recordsRead} records read`)
  console.log(`run again and drained: ${drained.counts.recordsRead} records read, ${delivered} rows delivered, ${skipped} were there already; none twice, none lost`)
}
