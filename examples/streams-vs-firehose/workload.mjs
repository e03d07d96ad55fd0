// The plant's records, always the same: many quiet machines and a few busy ones, a steady flow and two bursts.

const MACHINES = 48
const LINES = 4

/**
 * Records in the order they happen: `{ id, machine, line, seq, atMs, body }`. `seq` counts within a machine, `atMs` is the
 * time after the start; `body` makes the JSON once the start is known, 300 to 1,300 bytes of it.
 */
export function planWorkload({ seconds, perSecond }) {
  const random = seededRandom(7)
  const weights = Array.from({ length: MACHINES }, (_, i) => 1 / (i + 1) ** 1.1)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const seqs = new Array(MACHINES).fill(0)
  const records = []
  let due = 0
  for (let tick = 0; tick < seconds * 100; tick++) {
    due += (perSecond / 100) * (isBurst(tick / 100 / seconds) ? 4 : 1)
    for (; due >= 1; due--) {
      const machine = pick(weights, random() * total)
      const id = records.length + 1
      const seq = ++seqs[machine]
      const temperature = Math.round((60 + machine / 2 + 10 * random()) * 10) / 10
      const note = 'x'.repeat(180 + Math.floor(1_000 * random() ** 3))
      const name = `press-${String(machine + 1).padStart(2, '0')}`
      const line = `L${(machine % LINES) + 1}`
      records.push({
        id,
        machine: name,
        seq,
        atMs: tick * 10,
        body: (startMs) => JSON.stringify({ id, machine: name, line, seq, at: startMs + tick * 10, temperature, note }),
      })
    }
  }
  return records
}

/** Two tenths of the run carry four times the usual. */
function isBurst(part) {
  return (part >= 0.2 && part < 0.25) || (part >= 0.8 && part < 0.85)
}

function pick(weights, at) {
  let i = 0
  for (let left = at; i < weights.length - 1 && left >= weights[i]; i++) left -= weights[i]
  return i
}

/** Mulberry32: numbers from 0 up to 1, the same for the same seed. */
function seededRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
