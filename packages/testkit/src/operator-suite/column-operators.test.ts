import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { cast, explode, hash, mask, rename, select } from '@standpipe/core'
import { ConfigProblemError, type OperatorDefinition } from '@standpipe/core/component'
import { parseType, type DataType, type RowObject, type Schema } from '@standpipe/core/model'
import { bindOperator, runBatches, type OperatorRun } from './operator-run.js'
import { makeSensorRows, SENSOR_SCHEMA } from './sensor-rows.js'
import { createTestBatch } from './tracked-batch.js'

async function run(definition: OperatorDefinition, config: unknown, schema: Schema, rows: readonly RowObject[]): Promise<OperatorRun> {
  return runBatches(await bindOperator(definition, config, schema), [createTestBatch({ schema, rows }).batch])
}

const schemaOf = (type: string): Schema => ({ fields: [{ name: 'v', type: parseType(type) as DataType, nullable: true }] })

async function problem(definition: OperatorDefinition, config: unknown): Promise<ConfigProblemError> {
  const error: unknown = await Promise.resolve()
    .then(() => bindOperator(definition, config, SENSOR_SCHEMA))
    .catch((thrown: unknown) => thrown)
  if (error instanceof ConfigProblemError) return error
  throw new Error('there was no ConfigProblemError')
}

describe('cast', () => {
  it.each([
    ['double', 3, 'int32', 3],
    ['double', 3.5, 'int32', undefined],
    ['double', 2 ** 31, 'int32', undefined],
    ['double', 1e18, 'int64', 10n ** 18n],
    ['double', 1e19, 'int64', undefined],
    ['double', Number.NaN, 'int64', undefined],
    ['double', 0.1, 'decimal(4,2)', '0.10'],
    ['double', 0.125, 'decimal(4,2)', undefined],
    ['double', 0.5, 'string', '0.5'],
    ['double', 0.5, 'float', 0.5],
    ['double', 1e300, 'float', undefined],
    ['int64', 2n ** 53n + 1n, 'double', undefined],
    ['int64', 2n ** 53n, 'double', 2 ** 53],
    ['int64', -5n, 'decimal(30,2)', '-5.00'],
    ['int64', 1n, 'boolean', true],
    ['int64', 2n, 'boolean', undefined],
    ['boolean', true, 'int32', 1],
    ['decimal(10,2)', '12.00', 'int32', 12],
    ['decimal(10,2)', '12.34', 'int32', undefined],
    ['decimal(10,2)', '12.30', 'decimal(4,1)', '12.3'],
    ['decimal(10,2)', '12.34', 'decimal(4,1)', undefined],
    ['string', '007', 'int32', 7],
    ['string', '7 ', 'int32', undefined],
    ['string', '0x10', 'double', undefined],
    ['string', '-1.5e3', 'double', -1500],
    ['string', 'TRUE', 'boolean', undefined],
    ['string', 'true', 'boolean', true],
    ['string', '2026-03-01T09:00:00+09:00', 'timestamp', '2026-03-01T00:00:00Z'],
    ['string', 'soon', 'timestamp', undefined],
    ['string', '2026-03-01', 'date', '2026-03-01'],
    ['string', '{"a":1}', 'json', '{"a":1}'],
    ['string', '{a}', 'json', undefined],
    ['timestamp', '1969-12-31T23:59:59.999999Z', 'date', '1969-12-31'],
    ['timestamp', '2026-03-01T00:00:00.000001Z', 'string', '2026-03-01T00:00:00.000001Z'],
    ['date', '2026-03-01', 'timestamp', '2026-03-01T00:00:00Z'],
    ['binary', Buffer.from([0xff]), 'string', undefined],
    ['binary', Buffer.from('é'), 'string', 'é'],
  ])('%s %s to %s gives %s', async (from, value, to, expected) => {
    const rejecting = await run(cast, { v: to }, schemaOf(from), [{ v: value }, { v: null }])
    expect(rejecting.rows).toEqual(expected === undefined ? [{ v: null }] : [{ v: expected }, { v: null }])
    expect(rejecting.rejected.map(({ rejection }) => rejection.code)).toEqual(expected === undefined ? ['Operator.CastError'] : [])
    const nulling = await run(cast, { fields: { v: to }, onError: 'null' }, schemaOf(from), [{ v: value }])
    expect([nulling.rows, nulling.rejected]).toEqual([[{ v: expected ?? null }], []])
  })

  it('says what did not convert', async () => {
    const result = await run(cast, { v: 'int32' }, schemaOf('string'), [{ v: 'warm' }])
    expect(result.rejected[0].rejection.message).toBe('cast `v`: "warm" does not convert to int32')
  })

  it('refuses types that do not exist and conversions that mean nothing', async () => {
    expect(await problem(cast, { temperature: 'doubel' })).toMatchObject({ path: ['temperature'] })
    expect(await problem(cast, { fields: { temperature: 'timestamp' } })).toMatchObject({ path: ['fields', 'temperature'] })
    expect((await problem(cast, { tags: 'string' })).message).toContain('[string]')
  })
})

describe('select and rename', () => {
  const rows = makeSensorRows(3)

  it('select gives the fields in the order of the list', async () => {
    const result = await run(select, ['temperature', 'device_id'], SENSOR_SCHEMA, rows)
    expect(result.rows.map((row) => Object.entries(row))).toEqual(rows.map((row) => [['temperature', row.temperature], ['device_id', row.device_id]]))
  })

  it('rename exchanges two names', async () => {
    const result = await run(rename, { temperature: 'pressure', pressure: 'temperature' }, SENSOR_SCHEMA, rows)
    expect(result.rows.map((row) => [row.temperature, row.pressure])).toEqual(rows.map((row) => [row.pressure, row.temperature]))
  })

  it('refuses unknown fields with a suggestion, members of structs, doubles and an empty rest', async () => {
    expect(await problem(select, ['temprature'])).toMatchObject({ path: [0], hint: 'did you mean `temperature`?' })
    expect((await problem(select, ['person.email'])).message).toContain('inside a struct')
    expect(await problem(select, ['count', 'count'])).toMatchObject({ path: [1] })
    expect((await problem(select, { drop: SENSOR_SCHEMA.fields.map(({ name }) => name) })).message).toBe('no field is left')
    expect((await problem(rename, { count: 'pressure' })).message).toContain('two fields')
  })
})

describe('explode', () => {
  const rows = [
    { device_id: 'a', tags: ['x', null, 'y'], readings: [{ axis: 'x', g: 1 }, null] },
    { device_id: 'b', tags: [], readings: null },
    { device_id: 'c', tags: null, readings: [] },
    { device_id: 'd', tags: ['z'], readings: [{ axis: 'z', g: null }] },
  ]

  it('makes a row of each element, with the position of its record', async () => {
    const result = await run(explode, { field: 'tags', as: 'tag' }, SENSOR_SCHEMA, rows)
    expect(result.rows.map((row) => [row.device_id, row.tag])).toEqual([['a', 'x'], ['a', null], ['a', 'y'], ['d', 'z']])
    expect([...(result.emitted[0].recordOfRow ?? [])]).toEqual([0, 0, 0, 3])
    expect([result.added, result.dropped]).toEqual([2, 2])
  })

  it('keeps records with nothing in the list, if told', async () => {
    const result = await run(explode, { field: 'tags', keepEmpty: true }, SENSOR_SCHEMA, rows)
    expect(result.rows.map((row) => [row.device_id, row.tags])).toEqual([['a', 'x'], ['a', null], ['a', 'y'], ['b', null], ['c', null], ['d', 'z']])
    expect([result.added, result.dropped]).toEqual([2, 0])
  })

  it('makes fields of the members of struct elements, in the place of the list', async () => {
    const result = await run(explode, { field: 'readings', flatten: true, keepEmpty: true }, SENSOR_SCHEMA, rows)
    expect(result.rows.map((row) => [row.device_id, row.axis, row.g])).toEqual([['a', 'x', 1], ['a', null, null], ['b', null, null], ['c', null, null], ['d', 'z', null]])
    expect(result.emitted[0].rows.schema.fields.map(({ name }) => name)).toEqual(['device_id', 'temperature', 'pressure', 'count', 'at', 'tags', 'axis', 'g', 'person'])
  })

  it('composes: exploding twice still knows the records', async () => {
    const once = await run(explode, { field: 'tags', as: 'tag' }, SENSOR_SCHEMA, rows)
    const operator = await bindOperator(explode, { field: 'readings' }, once.emitted[0].rows.schema)
    const twice = await runBatches(operator, once.emitted)
    expect([...(twice.emitted[0].recordOfRow ?? [])]).toEqual([0, 0, 0, 0, 0, 0, 3])
  })

  it('refuses what is no list, and names that would clash', async () => {
    expect((await problem(explode, { field: 'temperature' })).message).toContain('no list')
    expect((await problem(explode, { field: 'tags', flatten: true })).message).toContain('only structs')
    expect(await problem(explode, { field: 'tags', as: 'count' })).toMatchObject({ path: ['as'] })
  })
})

describe('mask and hash', () => {
  const rows = [
    { device_id: 'press-0001', person: { email: 'kim@plant.example', age: 40 } },
    { device_id: '한글이름', person: { email: null, age: null } },
    { device_id: 'abc', person: null },
    { device_id: '' },
  ]

  it('mask leaves the last characters, and hides short values whole', async () => {
    const result = await run(mask, { fields: ['device_id', 'person.email'], keepLast: 3 }, SENSOR_SCHEMA, rows)
    expect(result.rows.map((row) => row.device_id)).toEqual(['***001', '***글이름', '***', '***'])
    expect(result.rows.map((row) => row.person)).toEqual([{ email: '***ple', age: 40 }, { email: null, age: null }, null, null])
  })

  it('mask hides only what matches a pattern', async () => {
    const fields = { 'person.email': { pattern: '^[^@]+', with: 'x' }, device_id: { pattern: '[0-9]+', keepLast: 1 } }
    const result = await run(mask, { fields }, SENSOR_SCHEMA, rows)
    expect(result.rows[0]).toMatchObject({ device_id: 'press-***1', person: { email: 'x@plant.example' } })
    expect(await problem(mask, { fields: { device_id: { pattern: '(' } } })).toMatchObject({ path: ['fields', 'device_id', 'pattern'] })
  })

  it('hash gives the digest of the text, or of the written value, and keeps null', async () => {
    const result = await run(hash, { fields: ['device_id', 'person.age'], length: 20 }, SENSOR_SCHEMA, rows)
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20)
    expect(result.rows.map((row) => row.device_id)).toEqual(rows.map((row) => digest(row.device_id)))
    expect(result.rows.map((row) => row.person)).toEqual([{ email: 'kim@plant.example', age: digest('40') }, { email: null, age: null }, null, null])
  })

  it('hash uses the key', async () => {
    const result = await run(hash, { fields: ['device_id'], algorithm: 'hmac-sha256', key: 's3cret' }, SENSOR_SCHEMA, rows)
    expect(result.rows[0].device_id).toBe(createHmac('sha256', 's3cret').update('press-0001').digest('hex'))
    expect(await problem(hash, { fields: ['device_id'], algorithm: 'hmac-sha256' })).toMatchObject({ path: ['algorithm'] })
    expect(await problem(hash, { fields: ['device_id'], key: 'unused' })).toMatchObject({ path: ['key'] })
    expect(await problem(hash, { fields: ['tags'] })).toMatchObject({ path: ['fields', 0] })
    expect(await problem(mask, { fields: ['temperature'] })).toMatchObject({ path: ['fields', 0] })
  })
})
