/** Medians over the rounds of one batch size. MB are 10^6 bytes of request bodies. */
export function summariseJournal(batch, measured) {
  const rounds = measured.filter((one) => one.batch === batch)
  const of = (read) => median(rounds.map(read))
  const rates = rounds.map(({ requests, seconds }) => requests / seconds)
  return {
    batch,
    requestsPerSecond: of(({ requests, seconds }) => requests / seconds),
    recordsPerSecond: of(({ requests, seconds }) => (requests * batch) / seconds),
    megabytesPerSecond: of(({ bytes, seconds }) => bytes / 1e6 / seconds),
    spread: (Math.max(...rates) - Math.min(...rates)) / median(rates),
    medianMs: of(({ latencies }) => latencies.median),
    p99Ms: of(({ latencies }) => latencies.p99),
    syncsPerSecond: of(({ syncs }) => syncs),
    requestsPerSync: of(({ requests, seconds, syncs }) => requests / seconds / syncs),
    serverCores: of(({ serverCores }) => serverCores),
    clientCores: of(({ clientCores }) => clientCores),
    megabytesPerServerCoreSecond: of(({ bytes, seconds, serverCores }) => bytes / 1e6 / seconds / serverCores),
    diskSyncsPerSecond: Object.fromEntries(Object.keys(rounds[0].disk).map((size) => [size, of(({ disk }) => disk[size])])),
    rounds,
  }
}

/** The report as text. */
export function formatJournalReport({ machine, connections, seconds, whole, lines, batches }) {
  const head = ['a request', 'requests/s', '± spread', 'records/s', 'MB/s', 'MB/s a core', 'median ms', 'p99 ms', 'fsync/s', 'requests a fsync', 'server cores', 'client cores', 'disk 256 B/s', 'disk 256 KB/s']
  const rows = batches.map((one) => [
    one.batch.toLocaleString('en'),
    whole0(one.requestsPerSecond),
    `${(one.spread * 100).toFixed(0)} %`,
    whole0(one.recordsPerSecond),
    one.megabytesPerSecond.toFixed(1),
    one.megabytesPerServerCoreSecond.toFixed(1),
    one.medianMs.toFixed(1),
    one.p99Ms.toFixed(1),
    whole0(one.syncsPerSecond),
    one.requestsPerSync.toFixed(1),
    one.serverCores.toFixed(2),
    one.clientCores.toFixed(2),
    ...Object.values(one.diskSyncsPerSecond).map(whole0),
  ])
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.platform}; load ${machine.loadBefore.toFixed(1)} at the start`,
    `${connections} connections, ${seconds} s a round, ${lines ? 'JSON lines' : 'JSON'}; ${whole ? 'delivered to Parquet meanwhile' : 'read back and settled meanwhile'}`,
    '',
    ...table([head, ...rows]),
    '',
    'Medians of the rounds. "disk" is how often the disk itself takes so many bytes and an fdatasync, one after another, measured just before each run.',
  ].join('\n')
}

function whole0(value) {
  return Math.round(value).toLocaleString('en')
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column])).join('  '))
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
