import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Where inputs are kept between runs, and outputs during one. */
export const CACHE = fileURLToPath(new URL('.cache/', import.meta.url))

/** Raised when the generator changes: inputs of another version are not the same benchmark. */
const VERSION = 1
const BLOCK_RECORDS = 5_000

const MACHINES = ['press', 'mill', 'cnc', 'robot', 'furnace']
const PLANTS = ['busan', 'ulsan', 'incheon']
const TAGS = ['a', 'b', 'shift-1', 'shift-2', 'calibrated', 'maint']

/** The inputs, and how a reading is written in each; `shuffled` and `missing` are of the schema of `nested`. */
const SHAPES = {
  nested: ({ vibration, status, count, ok, tags, ...common }) => ({ ...common, vibration, status, count, ok, tags }),
  shuffled: (reading, random) => Object.fromEntries(shuffle(Object.entries(SHAPES.nested(reading)), random)),
  missing: (reading, random) => Object.fromEntries(Object.entries(SHAPES.nested(reading)).filter(() => random() > 0.2)),
  flat: ({ vibration, status, count, ok, ...common }) => ({ ...common, tags: undefined, vibX: vibration?.x, vibY: vibration?.y, vibZ: vibration?.z, status, count, ok }),
}

/**
 * Names of the inputs: `nested` sensors have a struct and a list, `flat` ones have neither; `shuffled` ones name the fields of
 * nested ones in another order each time, and of `missing` ones each field is left out once in five times.
 */
export const INPUTS = Object.keys(SHAPES)

/** The JSON-lines file of an input with so many records, written when it is not there yet. The same on every machine. */
export async function inputFile(name, records) {
  mkdirSync(CACHE, { recursive: true })
  const path = `${CACHE}${name}-v${VERSION}-${records}.jsonl`
  if (!existsSync(path)) {
    const unfinished = `${path}.${process.pid}`
    await writeLines(unfinished, lines(SHAPES[name], records))
    renameSync(unfinished, path)
  }
  return { path, bytes: statSync(path).size, records }
}

function* lines(shape, records) {
  const random = createRandom(0x2468ace)
  for (const reading of readings(records)) yield JSON.stringify(shape(reading, random))
}

/** Readings of 500 sensors in time order: values that drift, some missing, some null, some texts with escapes. */
function* readings(records) {
  const random = createRandom(0x12345678)
  const bell = () => random() + random() + random() + random() - 2
  const pick = (values) => values[Math.floor(random() * values.length)]
  const sensors = Array.from({ length: 500 }, (_, index) => ({
    deviceId: `${MACHINES[index % 5]}-${String(index).padStart(4, '0')}`,
    line: `L${(index % 8) + 1}`,
    plant: PLANTS[index % 3],
    temperature: 40 + random() * 60,
    pressure: 1 + random() * 4,
    count: Math.floor(random() * 50_000),
  }))
  let ms = Date.UTC(2026, 2, 1)
  for (let record = 0; record < records; record++) {
    ms += Math.floor(random() * 20)
    const sensor = pick(sensors)
    sensor.temperature += bell() * 0.2
    sensor.pressure += bell() * 0.01
    sensor.count += 1
    const status = pickStatus(random())
    yield {
      deviceId: sensor.deviceId,
      line: sensor.line,
      plant: sensor.plant,
      ts: new Date(ms).toISOString(),
      temperature: maybe(random(), round(sensor.temperature, 2)),
      pressure: random() > 0.03 ? round(Math.abs(sensor.pressure), 3) : undefined,
      vibration: random() > 0.02 ? { x: round(bell() * 0.05, 3), y: round(bell() * 0.05, 3), z: round(0.98 + bell() * 0.02, 3) } : undefined,
      status,
      count: sensor.count,
      ok: status !== 'ERROR',
      tags: random() > 0.01 ? Array.from({ length: Math.floor(random() * 4) }, () => pick(TAGS)) : undefined,
    }
  }
}

function shuffle(array, random) {
  for (let i = array.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[array[i], array[j]] = [array[j], array[i]]
  }
  return array
}

/** A value that is sometimes null and sometimes not there. */
function maybe(chance, value) {
  if (chance < 0.02) return null
  return chance < 0.03 ? undefined : value
}

function pickStatus(chance) {
  if (chance < 0.95) return 'OK'
  if (chance < 0.985) return 'WARN'
  return chance < 0.99 ? 'calibrating "probe"' : 'ERROR'
}

function round(value, digits) {
  return Number(value.toFixed(digits))
}

/** Mulberry32: numbers in [0, 1) that depend on the seed alone. */
function createRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

async function writeLines(path, texts) {
  const file = createWriteStream(path)
  let block = []
  const flush = async () => {
    const accepted = file.write(`${block.join('\n')}\n`)
    block = []
    if (!accepted) await once(file, 'drain')
  }
  for (const text of texts) {
    block.push(text)
    if (block.length === BLOCK_RECORDS) await flush()
  }
  if (block.length > 0) await flush()
  file.end()
  await once(file, 'close')
}
