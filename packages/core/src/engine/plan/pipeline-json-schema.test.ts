import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { isMapping, pipelineJsonSchema, valueAt } from '../../config/index.js'
import { fakeRegistry } from './fake-components.test.fixture.js'

const PIPELINE = `
name: press
source: { file: { path: in.jsonl, format: jsonl } }
decode: { format: json, typeMismatch: 'null' }
schema:
  id: { type: string, required: true }
  tags: [string]
  amount: decimal(10,2)
  at: { type: timestamp, epoch: ms }
  place: { x: double, y: double }
operators: [ filter: id > 3, drop: { field: tags } ]
sinks:
  - name: lake
    directory: { path: out, format: { parquet: { compression: zstd } }, roll: { size: 1MiB } }
    retry: { initial: 1s }
  - post: { url: 'http://x.org' }
deadLetter: { directory: { path: dead } }
limits: { memory: 64MiB }
`

/** Whether a value is valid, by the words of JSON Schema that are used here; throws at any other word. */
function isValid(value: unknown, schema: unknown, root: unknown): boolean {
  if (!isMapping(schema)) return schema === true
  const inner = (schemas: unknown): boolean[] => (schemas as unknown[]).map((other) => isValid(value, other, root))
  return Object.entries(schema).every(([word, rule]) => {
    switch (word) {
      case '$ref':
        return isValid(value, valueAt(root, String(rule).slice(2).split('/')), root)
      case 'anyOf':
        return inner(rule).includes(true)
      case 'oneOf':
        return inner(rule).filter(Boolean).length === 1
      case 'type':
        return [rule]
          .flat()
          .includes(
            value === null
              ? 'null'
              : Array.isArray(value)
                ? 'array'
                : Number.isInteger(value) && rule !== 'number'
                  ? 'integer'
                  : typeof value,
          )
      case 'enum':
        return (rule as unknown[]).includes(value)
      case 'pattern':
        return typeof value !== 'string' || new RegExp(String(rule), 'u').test(value)
      case 'required':
        return !isMapping(value) || (rule as string[]).every((key) => key in value)
      case 'properties':
        return (
          !isMapping(value) ||
          Object.entries(rule as object).every(([key, part]) => !(key in value) || isValid(value[key], part, root))
        )
      case 'additionalProperties':
        return (
          !isMapping(value) ||
          Object.keys(value).every(
            (key) => Object.hasOwn((schema.properties ?? {}) as object, key) || isValid(value[key], rule, root),
          )
        )
      case 'items':
        return !Array.isArray(value) || value.every((entry) => isValid(entry, rule, root))
      case 'minItems':
        return !Array.isArray(value) || value.length >= Number(rule)
      case 'maxItems':
        return !Array.isArray(value) || value.length <= Number(rule)
      case 'minProperties':
        return !isMapping(value) || Object.keys(value).length >= Number(rule)
      case 'maxProperties':
        return !isMapping(value) || Object.keys(value).length <= Number(rule)
      case 'minLength':
        return typeof value !== 'string' || value.length >= Number(rule)
      case 'maxLength':
        return typeof value !== 'string' || value.length <= Number(rule)
      case 'minimum':
        return typeof value !== 'number' || value >= Number(rule)
      case 'maximum':
        return typeof value !== 'number' || value <= Number(rule)
      case 'propertyNames':
        return !isMapping(value) || Object.keys(value).every((key) => isValid(key, rule, root))
      case '$schema':
      case '$defs':
      case 'title':
      case 'description':
      case 'default':
      case 'format':
        return true
      default:
        throw new Error(`the test knows no \`${word}\``)
    }
  })
}

describe('the JSON Schema', () => {
  const schema = pipelineJsonSchema(fakeRegistry())
  const definitions = schema.$defs as Record<string, Record<string, unknown>>

  test('names every component under its key, strictly, with what it says of itself', () => {
    const sink = definitions.sink.properties as Record<string, Record<string, unknown>>
    expect(Object.keys(sink)).toEqual(['name', 'from', 'operators', 'retry', 'directory', 'post'])
    expect(sink.directory).toMatchObject({ description: 'A folder.', additionalProperties: false, required: ['path'] })
    const pipeline = definitions.pipeline.properties as Record<string, Record<string, unknown>>
    expect(pipeline.limits).toMatchObject({
      additionalProperties: false,
      properties: { memory: { default: '256MiB', type: 'string' } },
    })
    expect((pipeline.source.properties as Record<string, unknown>).file).toMatchObject({
      properties: { mode: { default: 'once', enum: ['once', 'follow'] } },
    })
  })

  test('refers only to what it defines', () => {
    const refs = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/([^"]*)"/g)].map((match) => match[1].split('/'))
    expect(refs.length).toBeGreaterThan(5)
    expect(refs.filter((path) => valueAt(schema, path) === undefined)).toEqual([])
  })

  const check = (text: string): boolean => isValid(parse(text), schema, schema)

  test('accepts a pipeline, and a list of them', () => {
    expect(check(PIPELINE)).toBe(true)
    expect(check(`pipelines:\n  -${PIPELINE.replaceAll('\n', '\n    ')}`)).toBe(true)
  })

  const mistakes: [what: string, from: string, to: string][] = [
    ['an unknown key', 'limits:', 'limit:'],
    ['an unknown component', '{ file:', '{ fil:'],
    ['an unknown option', 'path: out', 'pth: out'],
    ['an unknown type', 'decimal(10,2)', 'decimal(10;2)'],
    ['a size without its unit', '64MiB', '64'],
    ['an unknown format', 'parquet:', 'parket:'],
    ['a format that is only written', 'decode: { format: json', 'decode: { format: parquet'],
    ['two sinks in one entry', '  - post:', '    post:'],
    ['sink beside sinks', 'limits:', 'sink: { post: { url: x } }\nlimits:'],
  ]
  test.each(mistakes)('refuses %s', (_, from, to) => {
    expect(PIPELINE).toContain(from)
    expect(check(PIPELINE.replace(from, to))).toBe(false)
  })
})
