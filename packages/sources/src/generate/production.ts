import { faultyValue } from './faults.js'
import { loadAt, MACHINES } from './plant.js'
import { bell, rounded, unit } from './random.js'
import type { RecordText } from './record-text.js'

/** What a machine put out in one cycle of reporting; machines take turns. */
export const productionText: RecordText = ({ seed, iso }, index, ms, fault) => {
  const machine = MACHINES[index % MACHINES.length]
  const made = Math.max(0, Math.round(loadAt(ms) * (60 + 8 * bell(seed, index, 1))))
  const scrap = Math.min(made, Math.floor(unit(seed, index, 2) * 3))
  const cycleSeconds = rounded(12.5 + 1.2 * bell(seed, index, 3), 100)
  return (
    `{"machine":"${machine.id}","line":"${machine.line}","plant":"${machine.plant}","ts":"${iso(ms)}"` +
    `,"good":${faultyValue(made - scrap, fault)},"scrap":${scrap},"cycleSeconds":${cycleSeconds}}`
  )
}
