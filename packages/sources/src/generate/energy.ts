import { faultyValue } from './faults.js'
import { LINES, loadAt } from './plant.js'
import { bell, rounded } from './random.js'
import type { RecordText } from './record-text.js'

const LINE_KWH = [42, 38, 55, 47]

/** The reading of a line's meter: energy used since the one before; meters take turns. */
export const energyText: RecordText = ({ seed, iso }, index, ms, fault) => {
  const line = index % LINES.length
  const load = loadAt(ms)
  const kwh = rounded(LINE_KWH[line] * (0.15 + load) * (1 + 0.05 * bell(seed, index, 1)), 1000)
  const loadType = load > 0.9 ? 'Maximum_Load' : load > 0.5 ? 'Medium_Load' : 'Light_Load'
  return (
    `{"meter":"meter-${LINES[line].id}","line":"${LINES[line].id}","plant":"${LINES[line].plant}","ts":"${iso(ms)}"` +
    `,"kwh":${faultyValue(kwh, fault)},"loadType":"${loadType}"}`
  )
}
