import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { map as rxMap } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { OPERATORS, rxOperator } from '@standpipe/core'
import { coveredOperators, describeOperator } from './describe-operator.js'
import { bindOperator } from './operator-run.js'
import { makeSensorRows, SENSOR_SCHEMA } from './sensor-rows.js'

const directory = mkdtempSync(join(tmpdir(), 'standpipe-operators-'))
afterAll(() => rmSync(directory, { recursive: true }))

writeFileSync(
  join(directory, 'enrich.ts'),
  `interface Row { device_id: string; temperature: number | null }
export default function enrich(row: Row): object[] | object | null {
  if (row.temperature === null) throw new Error('no temperature')
  if (row.device_id === 'press-0003') return null
  const made = { device_id: row.device_id, fahrenheit: row.temperature * 1.8 + 32 }
  return row.device_id === 'press-0002' ? [made, made] : made
}
export async function lookUp(row: Row): Promise<object | null> {
  await Promise.resolve()
  return enrich(row) as object | null
}
`,
)

const output = { device_id: 'string', fahrenheit: 'double' }

/** Configs by operator: every one must be here, with configs that drop and reject. */
const CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  filter: {
    'some rows reject': 'temperature > 30.0',
    'drops what fails': { where: 'temperature > 30.0', onError: 'drop' },
    'keeps what fails': { where: 'temperature > 30.0', onError: 'keep' },
    'drops everything': 'device_id == "nobody"',
  },
  set: {
    'a new field': { over: 'pressure > 2.0' },
    'one after the other, with failures': { hot: 'temperature > 30.0', note: 'hot ? "hot" : "cold"' },
    'null on failure': { fields: { temperature: 'temperature * 2.0' }, onError: 'keep' },
    'drops on failure': { fields: { temperature: 'temperature * 2.0' }, onError: 'drop' },
  },
  select: { 'keeps two': ['temperature', 'device_id'], 'drops two': { drop: ['tags', 'readings'] } },
  rename: { 'swaps two': { temperature: 'pressure', pressure: 'temperature' }, 'one': { tags: 'labels' } },
  cast: {
    'rejects fractions': { temperature: 'int32' },
    'null for fractions': { fields: { temperature: 'int64', count: 'double' }, onError: 'null' },
    'to text and decimal': { count: 'string', at: 'date', pressure: 'decimal(5,2)' },
  },
  explode: {
    'drops empty': { field: 'tags', as: 'tag' },
    'keeps empty': { field: 'tags', keepEmpty: true },
    'flattens structs': { field: 'readings', flatten: true },
    'flattens structs, keeps empty': { field: 'readings', flatten: true, keepEmpty: true },
  },
  mask: { 'two fields': { fields: ['device_id', 'person.email'], keepLast: 2 }, 'a pattern': { fields: { device_id: { pattern: '[0-9]+', with: '#' } } } },
  hash: {
    'plain': { fields: ['device_id', 'count'] },
    'with a key, in a struct': { fields: ['person.email', 'person.age'], algorithm: 'hmac-sha256', key: 'secret', length: 16 },
  },
  sample: { 'by position': { rate: 0.5 }, 'by device': { rate: 0.5, by: 'device_id' }, 'by what may fail': { rate: 0.5, by: 'temperature + 1.0' } },
  buffer: { 'never full': { count: 10_000, time: '10s' }, 'by count': { count: 7 }, 'by bytes': { bytes: '1KiB' } },
  aggregate: {
    'by device, one shard ahead of the other': { time: 'at', window: '10s', by: ['device_id'], set: { n: 'count()', mean: 'avg(temperature)', last: 'last(count)' } },
    'with failures, late ones dropped': { time: 'at', window: '5s', set: { sum: 'sum(temperature + 1.0)', high: 'max(count)' }, late: 'drop' },
  },
  dedupe: {
    'by device': { by: 'device_id', count: 3 },
    'by time, with failures': { by: ['device_id', 'pressure + 1.0', 'temperature * 2.0'], time: 'at', window: '20s' },
  },
  map: {
    'synchronous': { module: './enrich.ts', output, deterministic: true },
    'promises': { module: './enrich.ts', export: 'lookUp', output, concurrency: 3 },
    'promises with a time limit': { module: './enrich.ts', export: 'lookUp', output, timeout: '2s' },
  },
}

const makeRows = (): { schema: typeof SENSOR_SCHEMA; rows: ReturnType<typeof makeSensorRows> } => ({ schema: SENSOR_SCHEMA, rows: makeSensorRows(40) })

for (const definition of OPERATORS) {
  const configs = CONFIGS[definition.name]
  if (configs !== undefined) describeOperator(definition.name, { definition, configs, makeRows, directory })
}

describeOperator('of rxjs', {
  definition: rxOperator('same', rxMap((batch) => batch), { deterministic: true }),
  configs: { 'no options': {} },
  makeRows,
})

describe('every operator', () => {
  it('has passed the suite', () => {
    expect(OPERATORS.filter((definition) => !coveredOperators().has(definition)).map(({ name }) => name)).toEqual([])
  })

  it.each(OPERATORS.flatMap((definition) => definition.examples.map((example) => ({ definition, example, title: `${definition.name}: ${example.title}` }))))(
    'binds its example — $title',
    async ({ definition, example }) => {
      const operator = await bindOperator(definition, example.config, SENSOR_SCHEMA, { directory })
      expect(operator.schema.fields.length).toBeGreaterThan(0)
    },
  )
})
