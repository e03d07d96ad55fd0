import { faultyValue } from './faults.js'
import { loadAt, MACHINES, PLANT_TRUTH } from './plant.js'
import { bell, rounded, unit } from './random.js'
import type { RecordText } from './record-text.js'

const HOUR_MS = 3_600_000
const WARN_CELSIUS = 85
const ERROR_CELSIUS = 105

/** A machine's sensors at one moment; machines take turns. */
export const sensorText: RecordText = ({ seed, startMs, iso }, index, ms, fault) => {
  const machine = MACHINES[index % MACHINES.length]
  const load = loadAt(ms)
  const hot = machine.id === PLANT_TRUTH.hotMachine ? 16 + Math.min(30, ((ms - startMs) / HOUR_MS) * 1.5) : 0
  const temperature = rounded(machine.restCelsius + 9 * load + hot + 2 * bell(seed, index, 1), 100)
  const pressure = rounded(2.5 + load + 0.2 * bell(seed, index, 2), 1000)
  const shake = hot > 0 ? 0.09 : 0.03
  const x = rounded(shake * bell(seed, index, 3), 1000)
  const y = rounded(shake * bell(seed, index, 4), 1000)
  const z = rounded(0.98 + shake * bell(seed, index, 5), 1000)
  const failing = unit(seed, index, 6) < 0.002
  const status = failing || temperature > ERROR_CELSIUS ? 'ERROR' : temperature > WARN_CELSIUS ? 'WARN' : 'OK'
  const tags = unit(seed, index, 7) < 0.1 ? `["${machine.kind}","calibrated"]` : `["${machine.kind}"]`
  return (
    `{"deviceId":"${machine.id}","line":"${machine.line}","plant":"${machine.plant}","ts":"${iso(ms)}"` +
    `,"temperature":${faultyValue(temperature, fault)},"pressure":${pressure},"vibration":{"x":${x},"y":${y},"z":${z}}` +
    `,"status":"${status}","count":${Math.floor(index / MACHINES.length) + 1},"ok":${status !== 'ERROR'},"tags":${tags}}`
  )
}
