import { faultyValue } from './faults.js'
import { LINES, PLANT_TRUTH } from './plant.js'
import { bell, rounded, unit } from './random.js'
import type { RecordText } from './record-text.js'

const PRODUCTS = ['bottle-330', 'bottle-500', 'bottle-750']
const NOMINAL_GRAMS = [21, 28, 36]
const DEFECTS = ['crack', 'dent', 'label', 'underweight']
const DEFECT_SHARE = 0.015
const WEAK_DEFECT_SHARE = 0.07

/** The inspection of one product; lines take turns. */
export const inspectionText: RecordText = ({ seed, iso }, index, ms, fault) => {
  const line = LINES[index % LINES.length]
  const product = Math.floor(unit(seed, index, 1) * PRODUCTS.length)
  const defect = unit(seed, index, 2) < (line.id === PLANT_TRUTH.weakLine ? WEAK_DEFECT_SHARE : DEFECT_SHARE)
  const code = DEFECTS[Math.floor(unit(seed, index, 3) * DEFECTS.length)]
  const lacking = defect && code === 'underweight' ? 2.5 : 0
  const weight = rounded(NOMINAL_GRAMS[product] - lacking + 0.4 * bell(seed, index, 4), 1000)
  return (
    `{"inspectionId":"insp-${index + 1}","line":"${line.id}","plant":"${line.plant}","product":"${PRODUCTS[product]}","ts":"${iso(ms)}"` +
    `,"weight":${faultyValue(weight, fault)},"defect":${defect},"defectCode":${defect ? `"${code}"` : 'null'}}`
  )
}
