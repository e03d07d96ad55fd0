import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEAD_LETTER_SINK, type PipelineRun } from 'standpipe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query, runFile } from '../run-file.js'
import { data, here, present } from './data-sets.js'

let out: string
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'standpipe-real-'))
})
afterAll(() => rm(out, { recursive: true }))

interface Truth {
  readonly rows: number
  readonly columns: Readonly<Record<string, { readonly type: string; readonly min?: unknown; readonly max?: unknown; readonly mean?: number; readonly nulls: number; readonly distinct: number; readonly counts?: Readonly<Record<string, number>> }>>
  readonly rows_by_day?: Readonly<Record<string, number>>
}

const truthOf = async (folder: string, set: string): Promise<Truth> => {
  const all = JSON.parse(await readFile(join(data, folder, 'truth.json'), 'utf8')) as Record<string, Truth>
  return all[set]
}

/** Compares what was delivered with the truth: rows, and for each column nulls, distinct values, minimum, maximum and mean. */
async function expectTruth(files: string, truth: Truth, names: Readonly<Record<string, string>>, where = 'true'): Promise<void> {
  const from = `FROM read_parquet('${files}', hive_partitioning = false) WHERE ${where}`
  expect(await query(`SELECT count(*)::INT AS rows ${from}`)).toEqual([{ rows: truth.rows }])
  for (const [field, column] of Object.entries(names)) {
    const expected = truth.columns[column]
    const [found] = await query(
      `SELECT count(*) FILTER ("${field}" IS NULL)::INT AS nulls, count(DISTINCT "${field}")::INT AS "distinct",
         min("${field}") AS min, max("${field}") AS max, ${/DOUBLE|BIGINT|INTEGER/.test(expected.type) ? `avg("${field}")` : 'NULL'} AS mean ${from}`,
    )
    expect({ field, nulls: found.nulls, distinct: found.distinct }).toEqual({ field, nulls: expected.nulls, distinct: expected.distinct })
    if (expected.mean !== undefined) expect(found.mean as number, field).toBeCloseTo(expected.mean, 6)
    if (expected.min !== undefined) expect([field, comparable(found.min), comparable(found.max)]).toEqual([field, comparable(expected.min), comparable(expected.max)])
  }
}

/** DuckDB gives 64-bit numbers as text and times with their zone; the truth has numbers and times without. */
function comparable(value: unknown): unknown {
  const text = String(value).replace(/\+00$/, '')
  return /^-?[\d.]+(e[-+]?\d+)?$/.test(text) ? Number(text) : text
}

/** Epoch seconds as the nearest microsecond, from their text: as a double the product may be off by one. */
function microsOf(seconds: string): string {
  const [whole, fraction = ''] = seconds.split('.')
  return String((BigInt(whole + fraction.padEnd(7, '0').slice(0, 7)) + 5n) / 10n)
}

async function expectDays(files: string, time: string, truth: Truth): Promise<void> {
  const days = await query(`SELECT strftime("${time}", '%Y-%m-%d') AS day, count(*)::INT AS rows FROM read_parquet('${files}') GROUP BY 1 ORDER BY 1`)
  expect(Object.fromEntries(days.map(({ day, rows }) => [day, rows]))).toEqual(truth.rows_by_day)
  // The folder of each row is the day of its own time, and there are no others.
  expect(await query(`SELECT count(*)::INT AS wrong FROM read_parquet('${files}') WHERE dt <> strftime("${time}", '%Y-%m-%d')::DATE`)).toEqual([{ wrong: 0 }])
}

function expectNothingLost(runs: readonly PipelineRun[]): void {
  for (const run of runs) {
    expect(run.counts.unaccounted('directory')).toBe(0)
    expect(run.counts.sink(DEAD_LETTER_SINK).delivered).toBe(0)
  }
}

describe.runIf(present)('the real data sets, through YAML pipelines into partitioned Parquet', () => {
  test('machine-temperature equals its truth', async () => {
    expectNothingLost(await runFile(join(here, 'machine-temperature.yaml'), { DATA: data, OUT: out }))
    const truth = await truthOf('machine-temperature', 'machine_temperature_system_failure')
    const files = `${out}/machine-temperature/**/*.parquet`
    await expectTruth(files, truth, { timestamp: 'timestamp', value: 'value' })
    await expectDays(files, 'timestamp', truth)
  })

  test('steel-energy equals its truth', async () => {
    expectNothingLost(await runFile(join(here, 'steel-energy.yaml'), { DATA: data, OUT: out }))
    const truth = await truthOf('steel-energy', 'Steel_industry_data')
    const files = `${out}/steel-energy/**/*.parquet`
    await expectTruth(files, truth, {
      date: 'date',
      usage_kwh: 'Usage_kWh',
      lagging_kvarh: 'Lagging_Current_Reactive.Power_kVarh',
      leading_kvarh: 'Leading_Current_Reactive_Power_kVarh',
      co2: 'CO2(tCO2)',
      lagging_factor: 'Lagging_Current_Power_Factor',
      leading_factor: 'Leading_Current_Power_Factor',
      nsm: 'NSM',
      week_status: 'WeekStatus',
      day_of_week: 'Day_of_week',
      load_type: 'Load_Type',
    })
    await expectDays(files, 'date', truth)
  })

  test('teaching-factory equals its truth, table by table', async () => {
    expectNothingLost(await runFile(join(here, 'teaching-factory.yaml'), { DATA: data, OUT: out }))
    const columns = { id: 'id', dispenser: 'dispenser', bottle: 'bottle', fill_level_grams: 'fill_level_grams', recipe: 'recipe', vibration_index: 'vibration_index' }
    for (const colour of ['red', 'green', 'blue']) {
      const truth = await truthOf('teaching-factory', `dispenser_${colour}`)
      await expectTruth(`${out}/dispensers/dispenser=${colour}/**/*.parquet`, truth, columns)
      await expectDays(`${out}/dispensers/dispenser=${colour}/**/*.parquet`, 'time', truth)
    }
    const temperature = await truthOf('teaching-factory', 'temperature')
    await expectTruth(`${out}/dispenser-temperature/**/*.parquet`, temperature, { id: 'id', dispenser: 'dispenser', temperature: 'temperature_C' })
    await expectDays(`${out}/dispenser-temperature/**/*.parquet`, 'time', temperature)
    const weight = await truthOf('teaching-factory', 'final_weight')
    await expectTruth(`${out}/final-weight/**/*.parquet`, weight, { id: 'id', bottle: 'bottle', final_weight: 'final_weight' })
    await expectDays(`${out}/final-weight/**/*.parquet`, 'time', weight)
    await expectTruth(`${out}/ground-truth/*.parquet`, await truthOf('teaching-factory', 'ground_truth'), { id: 'id', bottle: 'bottle', is_cracked: 'is_cracked' })
    expect(
      await query(`SELECT count(*)::INT AS bottles, sum(cracked::INT)::INT AS cracked
        FROM read_parquet('${out}/final-weight/**/*.parquet') JOIN read_parquet('${out}/ground-truth/*.parquet') USING (id, bottle)`),
    ).toEqual([{ bottles: 1717, cracked: 127 }])
  })

  test('nested-iot keeps every value of its messages', async () => {
    expectNothingLost(await runFile(join(here, 'nested-iot.yaml'), { DATA: data, OUT: out }))
    const messages = JSON.parse(await readFile(join(data, 'nested-iot/raw_data_small.json'), 'utf8')) as { ts: number; device_id: string; data: Record<string, unknown> }[]
    const rows = await query(
      `SELECT device_id, epoch_us(ts) AS micros, data.co AS co, data.humidity AS humidity, data.light AS light, data.lpg AS lpg, data.motion AS motion, data.smoke AS smoke, data.temp AS temp
       FROM read_parquet('${out}/nested-iot/**/*.parquet') ORDER BY ts`,
    )
    const expected = messages.map(({ ts, device_id, data: values }) => ({ device_id, micros: microsOf(String(ts)), ...values }))
    expect(rows).toEqual(expected.sort((a, b) => Number(a.micros) - Number(b.micros)))
  })
})
