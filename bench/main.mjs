// npm run bench [-- [--records N] [--runs N] [--json FILE] [--compare FILE] CASE …]
// Measures the stages and the whole way through the product beside its peers; a CASE is `whole/nested`, or a part of that.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { openCase } from './case-process.mjs'
import { CASES } from './cases.mjs'
import { inputFile, INPUTS } from './inputs.mjs'
import { formatComparison, formatReport, ratios, requireSameRows, summarise } from './report.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { records: { type: 'string', default: '400000' }, runs: { type: 'string', default: '5' }, json: { type: 'string' }, compare: { type: 'string' } },
})
const [records, runs] = [wholeNumber('records'), wholeNumber('runs')]

/** parquetjs-lite is so slow that it gets a twentieth of the input. */
const recordsOf = (kind) => (kind === 'parquetjs' ? Math.max(1, Math.round(records / 20)) : records)

const chosen = [...CASES].filter(([name]) => positionals.length === 0 || positionals.some((part) => name.includes(part)))
if (chosen.length === 0) fail(`no case is called so; there are ${[...CASES.keys()].join(', ')}`)

const [loadBefore] = loadavg()
const measured = []
for (const schema of new Set(chosen.map(([, one]) => one.schema))) measured.push(...(await measureTogether(chosen.filter(([, one]) => one.schema === schema))))
requireSameRows(measured)

const machine = { cpu: cpus()[0]?.model ?? 'unknown processor', cores: cpus().length, node: process.versions.node, platform: `${process.platform} ${process.arch}`, loadBefore }
const report = { machine, ratios: ratios(measured, INPUTS), cases: measured.map(summarise) }
process.stdout.write(`\n${formatReport(report)}\n`)
if (values.compare !== undefined) process.stdout.write(`\n${formatComparison(report, JSON.parse(readFileSync(values.compare, 'utf8')), values.compare)}\n`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)

/**
 * Measures cases in rounds, one run of each in turn: what slows the machine down for a while then slows all of them, and
 * cases are compared within a round.
 */
async function measureTogether(group) {
  const open = []
  try {
    for (const [name, { kind, input }] of group) {
      process.stderr.write(`preparing ${name}\n`)
      await inputFile(input, recordsOf(kind))
      open.push(await openCase(name, recordsOf(kind)))
    }
    const rounds = []
    for (let round = 1; round <= runs; round++) {
      if (open.length > 0) process.stderr.write(`round ${round} of ${runs}\n`)
      const results = []
      for (const one of open) results.push(await one.run())
      rounds.push(results)
    }
    return open.map(({ name, records: taken, inputBytes }, index) => ({ name, records: taken, inputBytes, runs: rounds.map((results) => results[index]) }))
  } finally {
    for (const one of open) await one.close()
  }
}

function wholeNumber(option) {
  const value = Number(values[option])
  if (!Number.isInteger(value) || value < 1) fail(`--${option} wants a whole number of at least 1`)
  return value
}

function fail(message) {
  process.stderr.write(`bench: ${message}\n`)
  process.exit(2)
}
