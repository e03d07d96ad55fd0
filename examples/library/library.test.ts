import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { planPipeline, standardRegistry } from 'standpipe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { query } from '../run-file.js'
import { runEvents } from './events.js'
import { runOwnFormat } from './own-format.js'
import { roundOperator, runOwnOperator } from './own-operator.js'
import { runOwnSource } from './own-source.js'
import { runRxOperators } from './rx-operators.js'
import { runStopAndDrain } from './stop-and-drain.js'
import { runTypedOptions } from './typed-options.js'

let out: string
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'standpipe-library-'))
})
afterEach(() => rm(out, { recursive: true }))

test('typed options: a function of the program changes the rows', async () => {
  const { counts } = await runTypedOptions(out)
  expect(counts.recordsRead).toBe(7)
  expect(counts.unaccounted('directory')).toBe(0)
  expect(await query(`SELECT line, device_id, round(temperature, 2) AS f FROM read_parquet('${out}/readings/**/*.parquet') ORDER BY f`)).toEqual([
    { line: 'L1', device_id: 'press-02', f: 159.62 },
    { line: 'L1', device_id: 'press-02', f: 159.98 },
    { line: 'L1', device_id: 'press-01', f: 160.52 },
    { line: 'L2', device_id: 'press-07', f: 201.56 },
    { line: 'L2', device_id: 'press-07', f: 203 },
  ])
})

test('own source: every number once, and nothing more when it is run again', async () => {
  const { plan } = await runOwnSource(out)
  expect(plan.delivery).toBe('exactly-once')
  expect((await runOwnSource(out)).counts.recordsRead).toBe(0)
  const squares = `read_parquet('${out}/squares/*.parquet')`
  expect(await query(`SELECT count(*)::INT AS rows, count(DISTINCT number)::INT AS numbers, max(square)::INT AS largest FROM ${squares} WHERE square = number * number`)).toEqual([
    { rows: 1000, numbers: 1000, largest: 1_000_000 },
  ])
})

test('own operator: the column is rounded, and a wrong option is a problem with its path', async () => {
  await runOwnOperator(out)
  const rows = await query(`SELECT temperature FROM read_parquet('${out}/rounded/*.parquet') ORDER BY 1`)
  expect(rows.map(({ temperature }) => temperature)).toEqual([-273, 71, 71, 71, 94, 95])
  const wrong = { name: 'x', source: { stdin: {} }, schema: { a: 'string' }, operators: [{ round: { field: 'a' } }], sink: { stdout: {} } }
  const { plan, problems } = await planPipeline(wrong, standardRegistry([roundOperator]), { directory: out })
  expect(plan).toBeUndefined()
  expect(problems).toContainEqual(expect.objectContaining({ path: 'operators[0].round.field', message: '`a` is no double field' }))
})

test('own format: a line for each row', async () => {
  await runOwnFormat(out)
  const [file, ...others] = (await readdir(join(out, 'log'))).filter((name) => name.endsWith('.log'))
  expect(others).toEqual([])
  expect((await readFile(join(out, 'log', file), 'utf8')).split('\n')).toEqual([
    'device_id=press-01 temperature=71.4',
    'device_id=press-02 temperature=70.9 note="belt changed, 2nd shift"',
    'device_id=press-07 temperature=94.2 note=hot',
    'device_id=press-02 temperature=71.1 note="two\\nlines"',
    'device_id=press-07 temperature=95 note=hot',
    'device_id=press-01 temperature=-273 note="sensor off"',
    '',
  ])
})

test('RxJS operators: they see every batch, and pass it on', async () => {
  const { run, hottest } = await runRxOperators(out)
  expect(run.counts.sink('directory').delivered).toBe(1000)
  expect(await query(`SELECT device, temperature FROM read_parquet('${out}/sensors/*.parquet') ORDER BY temperature DESC LIMIT 1`)).toEqual([hottest])
})

test('stop at once, then drain: no record is lost and none is doubled', async () => {
  const { stopped, drained } = await runStopAndDrain(out)
  expect(drained.counts.unaccounted('directory')).toBe(0)
  const [found] = await query(
    `SELECT count(*)::INT AS rows, count(DISTINCT ts)::INT AS records, (epoch_ms(max(ts)) - epoch_ms(min(ts)) + 1)::INT AS expected FROM read_parquet('${out}/sensors/**/*.parquet')`,
  )
  expect(found).toEqual({ rows: found.expected, records: found.expected, expected: found.expected })
  expect(stopped.counts.sink('directory').delivered).toBeGreaterThan(0)
})

test('events: what happened, in order', async () => {
  const told = await runEvents(out)
  expect(told[0]).toBe('started')
  expect(told.at(-1)).toBe('ended')
  expect(told.slice(1, -1).sort()).toEqual([
    '1 row(s) for the dead letters',
    '1 to the dead letters: examples/files/readings.csv line 5: field `temperature`: expected double, found "warm"',
    '2 row(s) for line=L2/',
    '4 row(s) for line=L1/',
  ])
})
