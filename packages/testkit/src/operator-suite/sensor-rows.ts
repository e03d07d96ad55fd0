import type { DataType, RowObject, Schema } from '@standpipe/core/model'

const double: DataType = { kind: 'double' }
const string: DataType = { kind: 'string' }
const reading: DataType = {
  kind: 'struct',
  fields: [
    { name: 'axis', type: string, nullable: true },
    { name: 'g', type: double, nullable: true },
  ],
}

/** A schema with a bit of everything, for tests of operators. `device_id` is never null. */
export const SENSOR_SCHEMA: Schema = {
  fields: [
    { name: 'device_id', type: string, nullable: false },
    { name: 'temperature', type: double, nullable: true },
    { name: 'pressure', type: double, nullable: true },
    { name: 'count', type: { kind: 'int64' }, nullable: true },
    { name: 'at', type: { kind: 'timestamp' }, nullable: true },
    { name: 'tags', type: { kind: 'list', element: { name: 'element', type: string, nullable: true } }, nullable: true },
    { name: 'readings', type: { kind: 'list', element: { name: 'element', type: reading, nullable: true } }, nullable: true },
    {
      name: 'person',
      type: { kind: 'struct', fields: [{ name: 'email', type: string, nullable: true }, { name: 'age', type: { kind: 'int32' }, nullable: true }] },
      nullable: true,
    },
  ],
}

/** `count` rows of {@link SENSOR_SCHEMA}, always the same: nulls, empty lists, whole and fractional numbers among them. */
export function makeSensorRows(count: number): RowObject[] {
  return Array.from({ length: count }, (_, i) => ({
    device_id: `press-${String(i % 7).padStart(4, '0')}`,
    temperature: i % 5 === 4 ? null : 20 + i * 1.5,
    pressure: i % 4,
    count: i % 6 === 5 ? null : BigInt(i) * 1_000_000_007n,
    at: `2026-03-01T00:00:${String(i % 60).padStart(2, '0')}.000250Z`,
    tags: i % 3 === 0 ? [] : i % 3 === 1 ? ['hot', `line-${i % 2}`, null] : null,
    readings: i % 4 === 0 ? null : [{ axis: 'x', g: i / 8 }, i % 4 === 2 ? null : { axis: 'y', g: null }].slice(0, i % 3),
    person: i % 8 === 7 ? null : { email: i % 8 === 6 ? null : `worker${i % 3}@plant.example`, age: 30 + i },
  }))
}
