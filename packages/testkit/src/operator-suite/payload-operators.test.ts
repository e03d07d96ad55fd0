import { describe, expect, it } from 'vitest'
import { PAYLOAD_OPERATORS } from '@standpipe/core'
import { coveredOperators, describeOperator } from './describe-operator.js'
import { makeSensorRows, SENSOR_SCHEMA } from './sensor-rows.js'

/** Configs by operator; payloads are sensor readings as JSON. */
const CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  decompress: { 'rejects everything': {} },
  extractMessages: { 'rejects everything': {} },
  deaggregate: { 'one of each': 'json' },
  extractKeys: { 'finds a key': '{device: .device_id}', 'fails on some': '{t: (.temperature | tostring | tonumber)}' },
  delimit: { 'with a newline': {}, 'with a bar': '|' },
}

for (const definition of PAYLOAD_OPERATORS) {
  describeOperator(definition.name, {
    definition,
    configs: CONFIGS[definition.name] ?? {},
    makeRows: () => ({ schema: SENSOR_SCHEMA, rows: makeSensorRows(60) }),
  })
}

describe('the operators on payloads', () => {
  it('all pass the suite', () => {
    expect(PAYLOAD_OPERATORS.filter((definition) => !coveredOperators().has(definition) || CONFIGS[definition.name] === undefined)).toEqual([])
  })
})
