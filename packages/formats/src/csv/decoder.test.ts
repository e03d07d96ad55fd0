import type { DecodePolicy } from '@standpipe/core/component'
import type { Field } from '@standpipe/core/model'
import { describe, expect, it } from 'vitest'
import { field, outcomeOf } from '../decoded-lines.testing.js'
import { recordsOf } from '../record-block.testing.js'
import { csvOptions, type CsvConfig } from './config.js'
import { createCsvDecoder } from './decoder.js'

const STRICT: DecodePolicy = { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' }

interface Given {
  readonly policy?: Partial<DecodePolicy>
  readonly header?: readonly string[]
  readonly config?: Partial<CsvConfig>
}

function decode(fields: readonly Field[], payloads: readonly (string | Uint8Array)[], { policy, header, config }: Given = {}) {
  const options = { ...csvOptions(',').parse({}), ...config }
  const decoded = createCsvDecoder(options, { fields }, { ...STRICT, ...policy }).decode(recordsOf(payloads, header))
  return { ...outcomeOf(decoded), decoded }
}

describe('the CSV reader', () => {
  it('fills columns of every type', () => {
    const fields = [
      field('s', 'string'),
      field('b', 'boolean'),
      field('i', 'int32'),
      field('l', 'int64'),
      field('d', 'double'),
      field('m', { kind: 'decimal', precision: 10, scale: 2 }),
      field('t', 'timestamp'),
      field('e', 'timestamp', { time: { kind: 'epoch', unit: 's' } }),
      field('day', 'date'),
      field('bin', 'binary'),
      field('v', { kind: 'struct', fields: [field('x', 'int64')] }),
      field('tags', { kind: 'list', element: field('element', 'string') }),
      field('j', 'json'),
    ]
    const record = ' a ,Yes, 007 ,9007199254740993,04.03,.290,2014-04-14 00:00:00,1720730488.5,2026-03-01,AAE=,"{""x"":9007199254740993}","[""a"",null]","{""k"": 1.0}"'
    expect(decode(fields, [record]).lines).toEqual([
      '{"s":" a ","b":true,"i":7,"l":9007199254740993,"d":4.03,"m":0.29,"t":"2014-04-14T00:00:00Z","e":"2024-07-11T20:41:28.500Z","day":"2026-03-01",' +
        '"bin":"AAE=","v":{"x":9007199254740993},"tags":["a",null],"j":{"k": 1.0}}',
    ])
  })

  it('takes names from the header, dots and brackets included, in any order', () => {
    const fields = [field('co2', 'double', { from: 'CO2(tCO2)' }), field('lagging', 'double', { from: 'Lagging_Current_Reactive.Power_kVarh' }), field('gone', 'string')]
    const { lines, decoded } = decode(fields, ['x,2.95,0.1'], { header: ['date', 'Lagging_Current_Reactive.Power_kVarh', 'CO2(tCO2)'] })
    expect(lines).toEqual(['{"co2":0.1,"lagging":2.95}'])
    expect(decoded.unknownFields).toBe(1)
  })

  it('takes names from the options where there is no header, else from the schema', () => {
    expect(decode([field('b', 'string')], ['1,2'], { config: { columns: ['a', 'b'] } }).lines).toEqual(['{"b":"2"}'])
    expect(decode([field('a', 'string'), field('b', 'string')], ['1,2']).lines).toEqual(['{"a":"1","b":"2"}'])
  })

  it('tells null from an empty text by the quotes', () => {
    const fields = [field('a', 'string'), field('b', 'string')]
    expect(decode(fields, [',""', '\\N,"\\N"'], {}).lines).toEqual(['{"b":""}', '{"a":"\\\\N","b":"\\\\N"}'])
    expect(decode(fields, ['\\N,"\\N"'], { config: { nullValue: '\\N' } }).lines).toEqual(['{"b":"\\\\N"}'])
  })

  it('reads quotes, doubled quotes, newlines, separators and blanks', () => {
    const fields = [field('a', 'string'), field('b', 'string'), field('c', 'string')]
    expect(decode(fields, ['"x ""y"" z","1,\r\n2", 5" pipe ', '"""","",""""""']).lines).toEqual([
      '{"a":"x \\"y\\" z","b":"1,\\r\\n2","c":" 5\\" pipe "}',
      '{"a":"\\"","b":"","c":"\\"\\""}',
    ])
    expect(decode(fields, ['; b ;"c;"'], { config: { separator: ';', trim: true } }).lines).toEqual(['{"b":"b","c":"c;"}'])
  })

  it('reads decimal commas', () => {
    const fields = [field('a', 'double'), field('b', { kind: 'decimal', precision: 5, scale: 2 })]
    expect(decode(fields, ['3,14;2,50'], { config: { separator: ';', decimalComma: true } }).lines).toEqual(['{"a":3.14,"b":2.50}'])
  })

  it('rejects what is no record, or no value, and names the place', () => {
    const fields = [field('a', 'int64'), field('b', 'double')]
    const payloads = ['1', '1,2,3', '1,"2', '"1"x,2', '1.5,2', '1,NaN', '1,1e999', Buffer.from([0x31, 0x2c, 0xff]), '1,2']
    expect(decode(fields, payloads)).toMatchObject({
      lines: ['{"a":1,"b":2}'],
      rejected: [
        '0: expected 2 columns, found 1',
        '1: expected 2 columns, found 3',
        '2: not CSV: the quote in column 2 is not closed',
        '3: not CSV: column 1 goes on after its closing quote',
        '4: field `a`: expected int64, found "1.5"',
        '5: field `b`: expected double, found "NaN"',
        '6: field `b`: expected double, found "1e999"',
        '7: not UTF-8 at byte 2',
      ],
    })
  })

  it('keeps required, default and mismatch policies', () => {
    const fields = [field('a', 'int64', { nullable: false, default: 5 }), field('b', 'double'), field('c', 'string', { nullable: false })]
    const { lines, rejected, decoded } = decode(fields, [',warm,x', '1,2,'], { policy: { typeMismatch: 'null' } })
    expect(lines).toEqual(['{"a":5,"c":"x"}'])
    expect(rejected).toEqual(['1: field `c`: required, but null'])
    expect(decoded.mismatches).toBe(1)
  })

  it('keeps unknown columns as texts, or makes dead letters of their records', () => {
    const fields = [field('a', 'string'), field('extra', 'json')]
    const header = ['a', 'z', 'y']
    expect(decode(fields, ['1,2,'], { header, policy: { unknownFields: 'keep', unknownInto: 'extra' } }).lines).toEqual(['{"a":"1","extra":{"z":"2","y":null}}'])
    expect(decode(fields, ['1,2,'], { header, policy: { unknownFields: 'deadLetter' } }).rejected).toEqual(['0: field `z`: not in the schema'])
  })
})

it('refuses a separator of two characters and one equal to the quote', () => {
  expect(csvOptions(',').safeParse({ separator: '||' }).success).toBe(false)
  expect(csvOptions(',').safeParse({ separator: '"' }).success).toBe(false)
})
