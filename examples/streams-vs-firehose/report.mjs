// The comparison as a table for a terminal.

/** Rows `[what, streams with the usual consumer, streams with Standpipe, firehose, fact]`, for the terminal and the page alike. */
export function comparisonRows({ streams, firehose, bill }) {
  const { usual, standpipe } = streams
  const { delivered } = firehose
  const each = (of) => [of(usual), of(standpipe), of(delivered)]
  return [
    ['visible at once: p50, p99', showPair(streams.atOnce), 'the same', 'no such thing', 'latency'],
    ['visible in Parquet: p50, p99', ...each(({ latency }) => showPair(latency)), 'latency'],
    ['  the slowest record', ...each(({ latency }) => showMs(latency.max)), 'latency'],
    ['records lost', ...each(({ lost }) => show(lost)), 'delivery'],
    ['rows twice: sent twice', ...each(({ duplicates }) => show(duplicates.byProducer)), 'duplicates'],
    ['rows twice: by the crash', ...each(({ duplicates }) => show(duplicates.byDelivery)), 'delivery'],
    ['rows out of order', ...each(({ violations }) => show(violations)), 'order'],
    ['objects, median size', ...each(({ objects, medianBytes }) => `${objects}, ${show(Math.round(medianBytes / 1024))} KiB`), 'buffering'],
    ['calls of the producer', show(streams.sent), 'the same', show(firehose.sent), 'batches'],
    ['reads of the stream', show(streams.reads), 'both together', 'none', 'consumers'],
    ['what it asks of you', 'a consumer', 'this process', 'nothing', 'duties'],
    ['month of this at AWS, USD', bill.lines.slice(1).map(({ monthly }) => monthly.toFixed(2)).join(' or '), 'the same', bill.lines[0].monthly.toFixed(2), 'price'],
  ]
}

/** Prints the comparison, the bill and the claims. */
export function printReport(report) {
  const head = ['', 'Streams: usual', 'Streams: Standpipe', 'Firehose']
  console.log()
  printTable([head, ...comparisonRows(report).map((row) => row.slice(0, 4))])
  console.log(`\nWhat AWS bills for (${show(Math.round(report.bill.sent / 1024))} KiB were sent; prices: prices.yaml)\n`)
  printTable([
    ['', 'bytes billed', 'times sent', 'USD a month'],
    ...report.bill.lines.map(({ model, billed, factor, monthly }) => [model, `${show(Math.round(billed / 1024))} KiB`, factor.toFixed(1), monthly.toFixed(2)]),
  ])
  console.log('\nWhat people say\n')
  for (const { claim, verdict, seen } of report.claims) console.log(`  ${claim}: ${verdict}\n    ${seen}`)
}

/** A whole number with thousands apart. */
export function show(number) {
  return number.toLocaleString('en-US')
}

function showPair({ p50, p99 }) {
  return `${showMs(p50)}, ${showMs(p99)}`
}

/** A time in ms, as people read it. */
export function showMs(ms) {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)))
  rows.forEach((row, i) => {
    console.log(`  ${row.map((cell, column) => String(cell).padEnd(widths[column])).join('  ').trimEnd()}`)
    if (i === 0) console.log(`  ${widths.map((width) => '─'.repeat(width)).join('  ')}`)
  })
}
