import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatType, type Field, type Schema } from '../model/index.js'
import { ConfigDocument } from './config-document.js'
import { ProblemLog, type Problem } from './problem.js'
import { readYaml } from './read-yaml.js'
import { readSchema } from './schema-types.js'
import { schemaToYaml } from './schema-yaml.js'

async function read(text: string): Promise<{ schema: Schema | undefined; problems: readonly Problem[] }> {
  const { documents, problems } = await readYaml(
    { path: 's.yaml', text },
    { variables: {}, readFile: () => Promise.reject(new Error('none')) },
  )
  const all = [...problems]
  return { schema: readSchema(new ProblemLog(documents[0] ?? ConfigDocument.ofObject(null), all), []), problems: all }
}

describe('a field', () => {
  const forms: [text: string, type: string, rest: Omit<Field, 'name' | 'type'>][] = [
    ['int32', 'int32', { nullable: true }],
    ['decimal(10,2)', 'decimal(10,2)', { nullable: true }],
    ['decimal( 5 )', 'decimal(5,0)', { nullable: true }],
    ['[string]', '[string]', { nullable: true }],
    ['[{ x: double }]', '[{ x: double }]', { nullable: true }],
    ['{ x: double, y: { z: json } }', '{ x: double, y: { z: json } }', { nullable: true }],
    ['{ type: struct, fields: { type: string } }', '{ type: string }', { nullable: true }],
    ['{ type: list, element: int64 }', '[int64]', { nullable: true }],
    ['{ type: [date], from: days }', '[date]', { nullable: true, input: { from: 'days' } }],
    ['{ type: { x: string } }', '{ type: { x: string } }', { nullable: true }],
    ['{ type: double, required: true, default: 0 }', 'double', { nullable: false, input: { default: 0 } }],
    ['{ type: timestamp, epoch: ms }', 'timestamp', { nullable: true, input: { time: { kind: 'epoch', unit: 'ms' } } }],
    [
      '{ type: timestamp, zone: Asia/Seoul }',
      'timestamp',
      { nullable: true, input: { time: { kind: 'iso', zone: 'Asia/Seoul' } } },
    ],
    [
      '{ type: timestamp, pattern: dd/MM/yyyy HH:mm }',
      'timestamp',
      { nullable: true, input: { time: { kind: 'pattern', pattern: 'dd/MM/yyyy HH:mm', zone: 'UTC' } } },
    ],
  ]
  test.each(forms)('is written %s', async (text, type, rest) => {
    const { schema, problems } = await read(`f: ${text}\n`)
    expect(problems).toEqual([])
    const [{ name, type: found, ...others }] = schema?.fields ?? []
    expect([name, formatType(found), others]).toEqual(['f', type, rest])
  })

  const mistakes: [text: string, message: string][] = [
    ['decimal(39,2)', 'a decimal has 1 to 38 digits, and no more of them after the point; found `decimal(39,2)`'],
    ['string?', 'there is no type `string?`'],
    ['[]', 'a list has one type for all its elements, like [string]; found 0 entries'],
    ['5', 'expected a type, like double, [string] or { x: double }; found 5'],
    ['{ type: double, pattern: yyyy }', 'a double has no `pattern`'],
    ['{ type: timestamp, pattern: yyyy, epoch: s }', 'a time is written by `pattern` or as `epoch`, not both'],
    ['{ type: timestamp, epoch: ns }', 'expected `s`, `ms` or `us`; found "ns"'],
    ['{ type: double, default: warm }', 'expected a number; found "warm"'],
    ['{ type: int32, default: 2147483648 }', 'expected a whole number of 32 bits; found 2147483648'],
    ["{ type: 'decimal(4,2)', default: 123.4 }", 'expected a number of at most 4 digits, 2 of them after the point; found 123.4'],
    ['{ type: timestamp, default: yesterday }', 'expected a time like 2026-03-01T00:00:00Z; found "yesterday"'],
    ['{ type: string, x: double }', 'unknown key `x`'],
    ['{ type: struct }', '`fields` is missing: expected the fields of the struct'],
  ]
  test.each(mistakes)('is refused as %s', async (text, message) => {
    const { schema, problems } = await read(`f: ${text}\n`)
    expect([schema, problems.map((problem) => problem.message)]).toEqual([undefined, [message]])
  })
})

test('infer is refused with the command that does it', async () => {
  const { problems } = await read('infer: data/*.jsonl\n')
  expect(problems[0].hint).toContain('standpipe infer')
})

test('names that Athena cannot hold are warned of', async () => {
  const { schema, problems } = await read("deviceId: string\ndeviceid: string\n'temp.value': double\n")
  expect(schema?.fields).toHaveLength(3)
  expect(problems.map(({ severity, line }) => [severity, line])).toEqual([
    ['warning', 2],
    ['warning', 3],
    ['warning', 1],
  ])
})

const field: fc.Arbitrary<Field> = fc.letrec<{ field: Field; type: Field['type'] }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Field['type']>(
      { kind: 'string' },
      { kind: 'int64' },
      { kind: 'timestamp' },
      { kind: 'json' },
      { kind: 'decimal', precision: 9, scale: 3 },
    ),
    fc
      .uniqueArray(tie('field'), { minLength: 1, maxLength: 3, selector: ({ name }) => name })
      .map((fields): Field['type'] => ({ kind: 'struct', fields })),
    tie('field').map((element): Field['type'] => ({ kind: 'list', element: { ...element, name: 'element' } })),
  ),
  field: fc
    .record({
      name: fc.constantFrom('type', 'from', 'file', 'a b', 'yes', '1a', 'value', 'ünï'),
      type: tie('type'),
      nullable: fc.boolean(),
      from: fc.option(fc.constantFrom('x', 'temp.value°', 'null', '- y'), { nil: undefined }),
    })
    .map(({ from, ...rest }): Field => (from === undefined ? rest : { ...rest, input: { from } })),
})).field

test('a schema written as YAML reads back the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(field, { minLength: 1, maxLength: 5, selector: ({ name }) => name }), async (fields) => {
      const { schema, problems } = await read(schemaToYaml({ fields }))
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(schema?.fields).toEqual(fields)
    }),
    { numRuns: 200 },
  )
})
