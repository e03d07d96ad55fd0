// The comparison as one HTML file: tables, and plots drawn as SVG. Nothing is loaded from elsewhere.
import { comparisonRows, show, showMs } from './report.mjs'

const COLORS = { atOnce: '#0f766e', usual: '#b45309', standpipe: '#1d4ed8', firehose: '#be185d' }
const NAMES = { atOnce: 'Streams: at once', usual: 'Streams: Parquet, usual consumer', standpipe: 'Streams: Parquet, Standpipe', firehose: 'Firehose: Parquet' }
const WIDTH = 760
const HEIGHT = 300
const MARGIN = { top: 16, right: 16, bottom: 40, left: 56 }
/** The whole page, as text; `facts` is where the page of facts is. */
export function makePage(report, facts) {
  const { streams, firehose, bill, claims } = report
  const series = { atOnce: streams.atOnce, usual: streams.usual.latency, standpipe: streams.standpipe.latency, firehose: firehose.delivered.latency }
  const rows = comparisonRows(report)
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Streams and Firehose, the same workload</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; color: #1f2937; background: #fff; max-width: 960px; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem }
  p { max-width: 46rem } .wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: 14px }
  th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid #e5e7eb }
  thead th { border-bottom: 2px solid #9ca3af } tbody th { font-weight: 500 } a { color: #1d4ed8 }
  svg { display: block; width: 100%; height: auto; max-width: ${WIDTH}px } svg text { font: 12px system-ui, sans-serif; fill: #4b5563 }
  .key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: 13px; margin: .25rem 0 .5rem } .key i { display: inline-block; width: 1.1em; height: .3em; margin: 0 .4em .2em 0 }
  .note { color: #4b5563; font-size: 13px }
</style>
<h1>Streams and Firehose, the same workload</h1>
<p>${show(report.records)} records of 48 machines in ${report.seconds} seconds, a few machines busy and most quiet, with two bursts. Objects roll after ${report.interval}, which stands for
Firehose's 300 s. Three answers to the producer are lost; at ${report.accidents.crashMs / 1_000} s the worker is killed; from ${report.accidents.outageMs.map((ms) => (ms / 1_000).toFixed(1)).join(' to ')} s S3 answers 503.</p>
<p class="note">Measured on one machine with embedded peers (kinesalite, an S3 server, and Firehose's API and semantics spoken by Standpipe), ${report.date.slice(0, 16).replace('T', ' ')} UTC. Not a measurement of AWS:
what AWS states stands beside each row.</p>
<h2>Side by side</h2>
<div class="wide"><table><thead><tr><th></th><th>Streams, usual consumer</th><th>Streams, Standpipe</th><th>Firehose</th><th></th></tr></thead><tbody>
${rows.map(([what, usual, standpipe, fire, fact]) => `<tr><th>${escape(what)}</th><td>${escape(usual)}</td><td>${escape(standpipe)}</td><td>${escape(fire)}</td><td><a href="${facts}#${fact}">fact</a></td></tr>`).join('\n')}
</tbody></table></div>
<h2>How long until a record is visible</h2>
<p>Share of the records that a reader can see after so much time. Parquet waits for its object; the record sink does not.</p>
${key(Object.keys(series))}${latencyPlot(series)}
<h2>Through the accidents</h2>
<p>The slowest record of each fifth of a second. Shaded: the worker is down, S3 is away.</p>
${key(Object.keys(series))}${timePlot(series, report)}
<h2>What a reader finds wrong</h2>
<p>Rows that are there twice, and rows that come after a later one of their machine. Lost: ${show(streams.usual.lost)} through Streams with the usual consumer, ${show(streams.standpipe.lost)} with Standpipe, ${show(firehose.delivered.lost)} through Firehose.</p>
${faultPlot(report)}
<h2>What AWS would bill for</h2>
<p>Each record is rounded up by itself, so small records cost most where the unit is large. Prices: <code>examples/streams-vs-firehose/prices.yaml</code>, which you can edit.</p>
<div class="wide"><table><thead><tr><th></th><th>bytes billed</th><th>times sent</th><th>USD a month</th><th>beside it</th></tr></thead><tbody>
${bill.lines.map(({ model, billed, factor, monthly, asks }) => `<tr><th>${escape(model)}</th><td>${show(Math.round(billed / 1024))} KiB</td><td>${factor.toFixed(1)}</td><td>${monthly.toFixed(2)}</td><td>${escape(asks)}</td></tr>`).join('\n')}
</tbody></table></div>
<h2>What people say, tried</h2>
<div class="wide"><table><thead><tr><th>claim</th><th>verdict</th><th>seen here</th><th></th></tr></thead><tbody>
${claims.map(({ claim, verdict, seen, fact }) => `<tr><th>${escape(claim)}</th><td>${escape(verdict)}</td><td>${escape(seen)}</td><td><a href="${facts}#${fact}">fact</a></td></tr>`).join('\n')}
</tbody></table></div>
</html>
`
}

/** Share of records over latency, with a logarithmic time. */
function latencyPlot(series) {
  const x = logScale(1, 60_000, MARGIN.left, WIDTH - MARGIN.right)
  const y = (part) => HEIGHT - MARGIN.bottom - part * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const lines = Object.entries(series).map(([name, { shares }]) => path(shares.map((ms, i) => [x(ms), y(i / 200)]), COLORS[name]))
  const across = [0, 0.25, 0.5, 0.75, 1].map((part) => grid(MARGIN.left, y(part), WIDTH - MARGIN.right, y(part)) + label(MARGIN.left - 8, y(part) + 4, `${part * 100} %`, 'end'))
  return svg('Share of records that are visible, by time', HEIGHT, [...timeTicks(x, HEIGHT), ...across, ...lines])
}

/** The slowest record over the time it happened. */
function timePlot(series, { seconds, accidents }) {
  const x = (ms) => MARGIN.left + (ms / (seconds * 1_000)) * (WIDTH - MARGIN.left - MARGIN.right)
  const y = logScale(1, 60_000, HEIGHT - MARGIN.bottom, MARGIN.top)
  const bands = [
    [accidents.crashMs, accidents.crashMs + 1_000, 'worker down'],
    [...accidents.outageMs, 'S3 away'],
  ].map(([from, to, what]) => `<rect x="${round(x(from))}" y="${MARGIN.top}" width="${round(x(to) - x(from))}" height="${HEIGHT - MARGIN.top - MARGIN.bottom}" fill="#f3f4f6"/>` + label(x(from) + 4, MARGIN.top + 12, what))
  const ticks = [1, 10, 100, 1_000, 10_000].map((ms) => grid(MARGIN.left, y(ms), WIDTH - MARGIN.right, y(ms)) + label(MARGIN.left - 8, y(ms) + 4, showTick(ms), 'end'))
  const times = Array.from({ length: 6 }, (_, i) => (i * seconds) / 5).map((at) => label(x(at * 1_000), HEIGHT - MARGIN.bottom + 18, `${at} s`, 'middle'))
  const lines = Object.entries(series).map(([name, { slowest }]) => path(slowest.map(([atMs, latencyMs]) => [x(atMs), y(latencyMs)]), COLORS[name]))
  return svg('Slowest record by the time it happened', HEIGHT, [...bands, ...ticks, ...times, ...lines])
}

function faultPlot({ streams, firehose }) {
  const found = { usual: streams.usual, standpipe: streams.standpipe, firehose: firehose.delivered }
  const bars = Object.entries(found).flatMap(([name, { duplicates, violations }]) => [
    [name, 'twice, sent twice', duplicates.byProducer],
    [name, 'twice, by the crash', duplicates.byDelivery],
    [name, 'out of order', violations],
  ])
  const most = Math.max(1, ...bars.map(([, , count]) => count))
  const left = 300
  const step = 24
  const rows = bars.map(([name, what, count], i) => {
    const at = MARGIN.top + i * step
    const width = (count / most) * (WIDTH - left - 80)
    return label(left - 8, at + 13, `${NAMES[name].replace('Parquet, ', '').replace(': Parquet', '')}, ${what}`, 'end') + `<rect x="${left}" y="${at}" width="${round(Math.max(1, width))}" height="${step - 8}" fill="${COLORS[name]}"/>` + label(left + width + 6, at + 13, show(count))
  })
  return svg('Rows twice, and rows out of order', MARGIN.top * 2 + bars.length * step, rows)
}

function key(names) {
  return `<div class="key">${names.map((name) => `<span><i style="background:${COLORS[name]}"></i>${NAMES[name]}</span>`).join('')}</div>`
}

function timeTicks(x, height) {
  return [1, 10, 100, 1_000, 10_000].map((ms) => grid(x(ms), MARGIN.top, x(ms), height - MARGIN.bottom) + label(x(ms), height - MARGIN.bottom + 18, showTick(ms), 'middle'))
}

function showTick(ms) {
  return ms < 1_000 ? showMs(ms) : `${ms / 1_000} s`
}

function logScale(low, high, from, to) {
  return (value) => from + (Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low)) * (to - from)
}

function svg(title, height, parts) {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">${parts.join('')}</svg>\n`
}

function path(points, color) {
  return `<path d="${points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round"/>`
}

function grid(x1, y1, x2, y2) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#e5e7eb"/>`
}

function label(x, y, text, anchor = 'start') {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escape(text)}</text>`
}

function round(number) {
  return Math.round(number * 10) / 10
}

function escape(text) {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
