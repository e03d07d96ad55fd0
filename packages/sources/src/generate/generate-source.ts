import { setImmediate } from 'node:timers/promises'
import { defineSource, type SourceEvent, type SourceRuntime } from '@standpipe/core'
import { generateConfig, totalRecords, type GenerateConfig } from './generate-config.js'
import { simulateRecords, type SimulatedRecords } from './simulated-records.js'

const TICK_MS = 100
const AVERAGE_RECORD_BYTES = 256

/** Source `generate`: a simulated factory, for trials, demonstrations and load tests. */
export const generateSource = defineSource({
  name: 'generate',
  summary: 'Sends the records of a simulated factory: sensors, inspections, production, energy.',
  stability: 'beta',
  description: `Nothing is measured: four lines with 24 machines are simulated. Each record is a function of the options and its number
alone, so that a run can be repeated and resumed. One machine runs hot and hotter, one line has more defects than the others, and
output and energy follow the shifts. A small share of the records is late, lacks its value, or does not decode. The arrival time of
a record is its simulated time.`,
  config: generateConfig,
  examples: [
    { title: 'Sensors, 1,000 records a second', config: { kind: 'sensors' } },
    { title: 'A day of energy readings in half a minute', config: { kind: 'energy', rate: 200, duration: '30s', speed: 2880 } },
    { title: 'As fast as possible, in four shards', config: { kind: 'sensors', rate: 'max', count: 100000, lanes: 4 } },
  ],
  bind(config) {
    const records = simulateRecords(config)
    return {
      traits: { replayable: true, ordered: true, bounded: totalRecords(config) < Infinity, stableArrival: true },
      format: { name: 'json', config: {} },
      comparePositions: (a, b) => Number(a) - Number(b),
      read: (runtime) => generate(config, records, runtime),
    }
  },
})

async function* generate(config: GenerateConfig, records: SimulatedRecords, runtime: SourceRuntime): AsyncGenerator<SourceEvent> {
  const { lanes: step, rate } = config
  const { clock } = runtime
  const total = totalRecords(config)
  const stop = AbortSignal.any([runtime.stopping, runtime.signal])
  const perBatch = Math.max(1, Math.floor(runtime.batchBytes / AVERAGE_RECORD_BYTES))
  let lanes = Array.from({ length: step }, (_, lane) => {
    const shard = step === 1 ? config.kind : `${config.kind}-${lane}`
    const checkpoint = runtime.checkpoint(shard)
    return { shard, next: checkpoint === undefined ? lane : Number(checkpoint) + step }
  }).filter(({ shard }) => !runtime.ended(shard))
  const begin = Math.min(...lanes.map((lane) => lane.next))
  const startedMs = clock.monotonic()
  while (lanes.length > 0) {
    const due = rate === 'max' ? total : Math.min(total, begin + Math.floor(((clock.monotonic() - startedMs) / 1000) * rate))
    let gave = false
    for (const lane of lanes) {
      const count = Math.min(perBatch, Math.ceil((due - lane.next) / step))
      if (count > 0) {
        const block = records.block(lane.next, count, step)
        gave = true
        lane.next += count * step
        yield { kind: 'records', shard: lane.shard, records: block, bytes: block.bytes.length }
      }
      if (stop.aborted) return
      if (lane.next >= total) yield { kind: 'shardEnd', shard: lane.shard }
    }
    lanes = lanes.filter((lane) => lane.next < total)
    if (gave) await setImmediate()
    else if (lanes.length > 0) {
      try {
        await clock.sleep(TICK_MS, stop)
      } catch (error) {
        if (!stop.aborted) throw error
        return
      }
    }
  }
}
