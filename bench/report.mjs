/** Rates of a measured case: medians, and the spread of the wall times as a share of the median. */
export function summarise({ name, inputBytes, records, runs }) {
  const seconds = runs.map((run) => run.seconds)
  const wall = median(seconds)
  const megabytes = inputBytes / 1e6
  return {
    name,
    inputBytes,
    records,
    rows: runs[0].rows,
    outputBytes: runs[0].outputBytes,
    peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
    seconds,
    spread: (Math.max(...seconds) - Math.min(...seconds)) / wall,
    megabytesPerSecond: megabytes / wall,
    megabytesPerCoreSecond: megabytes / median(runs.map((run) => run.cpuSeconds)),
    recordsPerSecond: records / wall,
  }
}

/** Throws where cases that should do the same work gave different numbers of rows: their times must not be compared. */
export function requireSameRows(measured) {
  const seen = new Map()
  for (const { name, records, runs } of measured) {
    const [kind, input] = name.split('/')
    const work = `${input} ${records} ${kind.includes('transform') ? 'transformed' : 'as they are'}`
    for (const { rows } of runs) {
      const first = seen.get(work) ?? { name, rows }
      if (first.rows !== rows) throw new Error(`${name} gave ${rows} rows and ${first.name} ${first.rows}: they do not do the same work`)
      seen.set(work, first)
    }
  }
}

/** What stands beside what. */
const COMPARISONS = [
  ['whole', 'duckdb', 'the whole way, beside DuckDB with one thread'],
  ['whole-transformed', 'duckdb-transformed', 'the whole way with a filter and a computed field, beside DuckDB with one thread'],
  ['whole', 'parquetjs', 'the whole way, beside parquetjs-lite'],
  ['whole-transformed', 'whole', 'the whole way with a filter and a computed field, beside the whole way without'],
  ['whole-2', 'duckdb-2', 'the whole way with two threads beside the main one, beside DuckDB with two threads'],
]

/** What stands beside the same of another input. */
const ACROSS = [
  ['decode/shuffled', 'decode/nested', 'decoding, keys in another order each time, beside keys in one order'],
  ['decode/missing', 'decode/nested', 'decoding, a fifth of the fields missing, beside none missing'],
]

/**
 * Ratios of megabytes a second, for inputs where both sides were measured: by the wall (median, lowest and highest of the
 * rounds), and core for core, by processor time, which other work on the machine disturbs less: median, and the best run of each.
 */
export function ratios(measured, inputs) {
  const of = (kind, input) => measured.find(({ name }) => name === `${kind}/${input}`)
  const within = COMPARISONS.flatMap(([ours, theirs, what]) => inputs.map((input) => [of(ours, input), of(theirs, input), input, what]))
  const across = ACROSS.map(([ours, theirs, what]) => [...[ours, theirs].map((name) => measured.find((one) => one.name === name)), ours.split('/')[1], what])
  return [...within, ...across].flatMap(([a, b, input, what]) => {
    if (!a || !b) return []
    const rates = (time) => a.runs.map((run, round) => a.inputBytes / run[time] / (b.inputBytes / b.runs[round][time]))
    const byWall = rates('seconds')
    return [{ input, what, ratio: median(byWall), lowest: Math.min(...byWall), highest: Math.max(...byWall), coreForCore: median(rates('cpuSeconds')), bestCoreForCore: bestRate(a) / bestRate(b) }]
  })
}

/** Bytes a second of processor time in the run that took the least. */
function bestRate({ inputBytes, runs }) {
  return inputBytes / Math.min(...runs.map((run) => run.cpuSeconds))
}

/** Each case beside an earlier report: how many times its rate is now, by the wall and by processor time. */
export function formatComparison({ cases }, earlier, name) {
  const rows = cases.flatMap((now) => {
    const then = earlier.cases.find((one) => one.name === now.name)
    if (then === undefined) return []
    const times = (rate) => `${(now[rate] / then[rate]).toFixed(2)} ×`
    return [[now.name, times('megabytesPerSecond'), times('megabytesPerCoreSecond'), `${(now.peakBytes / then.peakBytes).toFixed(2)} ×`]]
  })
  return `Beside ${name}, which another machine or another load may have made:\n${table([['case', 'MB/s', 'MB/s a core', 'peak'], ...rows])}`
}

/** The whole report as text: ratios first, because machines differ. */
export function formatReport({ machine, ratios: found, cases }) {
  const lines = [`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.platform}; load ${machine.loadBefore.toFixed(1)} at the start`]
  if (machine.loadBefore > BUSY) lines.push('The machine was busy with other work: read the ratios with their range, and not the rates.')
  lines.push('')
  for (const { input, what, ratio, lowest, highest, coreForCore, bestCoreForCore } of found) {
    lines.push(`${ratio.toFixed(2).padStart(7)} × (${lowest.toFixed(2)} to ${highest.toFixed(2)}), core for core ${coreForCore.toFixed(2)} (best of each ${bestCoreForCore.toFixed(2)}) ×  ${input}: ${what}`)
  }
  const head = ['case', 'MB/s', '± spread', 'MB/s a core', 'records/s', 'peak MB', 'output MB', 'input MB']
  const rows = cases.map((one) => [
    one.name,
    one.megabytesPerSecond.toFixed(1),
    `${(one.spread * 100).toFixed(0)} %`,
    one.megabytesPerCoreSecond.toFixed(1),
    Math.round(one.recordsPerSecond).toLocaleString('en'),
    (one.peakBytes / 1e6).toFixed(0),
    one.outputBytes === undefined ? '' : (one.outputBytes / 1e6).toFixed(2),
    (one.inputBytes / 1e6).toFixed(1),
  ])
  return [...lines, '', ...table([head, ...rows]), '', NOTES].join('\n')
}

/** Load at which other work is likely to be measured too. */
const BUSY = 0.5

const NOTES = `MB are 10^6 bytes of JSON input; medians of the rounds, after a run that warms up, each case in a process of its own. Ratios are
taken within a round, their range over the rounds. "a core" and "core for core" divide by the processor time of all threads (Node
collects garbage on others). Peak is the memory of the whole process: decode, transform and encode hold their whole input in it.`

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '))
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
