// Everything the engine tells of itself is one typed stream: subscribe before the first event, narrow by `type`.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineEvent } from 'standpipe'
import { planAndRun } from './plan-and-run.js'
import { isStartedHere } from './started-here.js'

/** Delivers `examples/files/readings.csv` below `out`, and gives what happened, in a line each. */
export async function runEvents(out: string): Promise<readonly string[]> {
  const told: string[] = []
  const run = await planAndRun({
    name: 'events',
    source: { file: { path: 'examples/files/readings.csv', format: 'csv' } },
    schema: { device_id: 'string', line: 'string', temperature: { type: 'double', required: true } },
    sink: { directory: { path: join(out, 'readings'), prefix: 'line=!{field:line}/' } },
    deadLetter: { directory: { path: join(out, 'errors') } },
    state: join(out, 'state'),
  })
  run.events.subscribe((event) => {
    const text = tell(event)
    if (text !== undefined) told.push(text)
  })
  await run.done
  return told
}

function tell(event: EngineEvent): string | undefined {
  switch (event.type) {
    case 'PipelineStarted':
      return event.resumed ? 'resumed' : 'started'
    case 'RecordsRejected':
      return `${event.records} to the dead letters: ${event.example}`
    case 'ObjectPublished':
      return `${event.rows} row(s) for ${event.sink === 'deadLetter' ? 'the dead letters' : event.partition}`
    case 'PipelineStopped':
      return event.reason
    default:
      return undefined
  }
}

if (isStartedHere(import.meta.url)) {
  const out = 'out/library/events'
  await rm(out, { recursive: true, force: true })
  for (const line of await runEvents(out)) console.log(line)
}
