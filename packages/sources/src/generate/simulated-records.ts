import type { PayloadBlock } from '@standpipe/core'
import { energyText } from './energy.js'
import { damaged, faultOf, latenessMs } from './faults.js'
import { nominalRate, type GenerateConfig } from './generate-config.js'
import { inspectionText } from './inspections.js'
import { createIsoFormatter } from './iso-time.js'
import { productionText } from './production.js'
import type { RecordText } from './record-text.js'
import { sensorText } from './sensors.js'

const TEXTS: Readonly<Record<GenerateConfig['kind'], RecordText>> = {
  sensors: sensorText,
  inspections: inspectionText,
  production: productionText,
  energy: energyText,
}

/** The records of a simulated plant. Each is a function of the config and its index alone. */
export interface SimulatedRecords {
  /** Bytes of record `index`, a character a byte (they may be no UTF-8: that is one of the faults). */
  text(index: number): string
  /** `count` records, the first of them `from`, each `step` after the one before. Positions are indexes. */
  block(from: number, count: number, step: number): PayloadBlock
}

/** Simulates the plant that a config describes. */
export function simulateRecords(config: GenerateConfig): SimulatedRecords {
  const { seed, faults, kind } = config
  const startMs = Date.parse(config.start)
  const intervalMs = (1000 * config.speed) / nominalRate(config)
  const simulation = { seed, startMs, iso: createIsoFormatter() }
  const textOf = TEXTS[kind]
  const timeOf = (index: number): number => Math.floor(startMs + index * intervalMs)
  const text = (index: number): string => {
    const fault = faultOf(faults, seed, index)
    const ms = fault === 'late' ? timeOf(index) - latenessMs(seed, index) : timeOf(index)
    return damaged(textOf(simulation, index, ms, fault), fault)
  }
  return {
    text,
    block(from, count, step) {
      const starts = new Int32Array(count)
      const ends = new Int32Array(count)
      let all = ''
      for (let i = 0; i < count; i++) {
        starts[i] = all.length
        all += text(from + i * step)
        ends[i] = all.length
      }
      const bytes = Buffer.from(all, 'latin1')
      return {
        count,
        bytes,
        starts,
        ends,
        payload: (i) => bytes.subarray(starts[i], ends[i]),
        position: (i) => String(from + i * step),
        arrival: (i) => timeOf(from + i * step),
        origin: (i) => `simulated ${kind} record ${from + i * step}`,
      }
    },
  }
}
