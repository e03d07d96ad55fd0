import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { commandLine } from '../command-line.testing.js'
import { standardRegistry } from '../registry.js'
import { groupsOf } from './list.js'

const components = groupsOf(standardRegistry()).flatMap(([, definitions]) => definitions)

describe('list', () => {
  it('names every component with what it does', async () => {
    const { code, out } = await commandLine(['list'])
    expect(code).toBe(0)
    for (const { name, stability, summary } of components) expect(out).toMatch(new RegExp(`^${name} +${stability} +${summary.slice(0, 15)}`, 'm'))
  })

  it.each([...new Set(components.map(({ name }) => name))])('explains %s with its options and examples', async (name) => {
    const { code, out, err } = await commandLine(['list', name])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const { kind, summary, examples } of components.filter((component) => component.name === name)) {
      expect(out).toContain(`${kind} \`${name}\``)
      expect(out).toContain(summary)
      for (const { title } of examples) expect(out).toContain(title)
    }
  })

  it('lists options on a terminal, where the table of the reference page would wrap', async () => {
    const { out } = await commandLine(['list', 's3'], { isTerminal: true })
    expect(out).toContain('\n  bucket: string, required\n      Name of the bucket; it must exist.\n')
    expect(out).toContain('\n  credentials.accessKeyId: string, required within credentials\n')
    expect(out).not.toContain('|')
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect((await commandLine(['list', 's3'])).out).toContain('| `bucket` | string | *required* | Name of the bucket; it must exist. |')
  })

  it('ends with 2 where there is no such component', async () => {
    expect((await commandLine(['list', 'parqet'])).err).toBe('standpipe: there is no component `parqet`; did you mean `parquet`?\n')
    expect(await commandLine(['list', 'kafka'])).toEqual({ code: 2, out: '', err: 'standpipe: there is no component `kafka`; `standpipe list` names them all\n' })
  })
})

describe('config-schema', () => {
  it('prints a JSON Schema that knows every component and key of the examples', async () => {
    const { code, out } = await commandLine(['config-schema'])
    expect(code).toBe(0)
    const schema = JSON.parse(out) as JsonSchema
    for (const file of ['files/pipeline.yaml', 'plant/plant.yaml', 'real-data/teaching-factory.yaml']) {
      const text = await readFile(fileURLToPath(new URL(`../../../../examples/${file}`, import.meta.url)), 'utf8')
      for (const document of parseAllDocuments(text)) expect([file, misfits(schema, schema, document.toJS())]).toEqual([file, []])
    }
    expect(misfits(schema, schema, { name: 'x', source: { file: { path: 'x', nope: 1 } }, sink: { stdout: {} } })).not.toEqual([])
    expect(misfits(schema, schema, { name: 'x', source: { kafka: {} }, sink: { stdout: {} } })).not.toEqual([])
  })
})

interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
}

/** Where a value does not have the shape of a schema: keys, required keys, alternatives and constants, as an editor checks them. */
function misfits(root: JsonSchema, schema: JsonSchema | boolean, value: unknown, path = ''): string[] {
  if (typeof schema === 'boolean') return schema ? [] : [`${path}: not allowed`]
  if (schema.$ref !== undefined) {
    const target = schema.$ref.slice(2).split('/').filter(Boolean).reduce((at, key) => (at as Record<string, JsonSchema>)[decodeURIComponent(key)], root as unknown)
    return misfits(root, target as JsonSchema, value, path)
  }
  const found = (schema.allOf ?? []).flatMap((one) => misfits(root, one, value, path))
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined && choices.every((one) => misfits(root, one, value, path).length > 0)) found.push(`${path}: fits no alternative`)
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const allowed = schema.type === undefined ? undefined : [schema.type].flat()
  if (allowed !== undefined && !allowed.includes(kind) && !(kind === 'number' && allowed.includes('integer'))) found.push(`${path}: ${kind} is not ${allowed.join(' or ')}`)
  if (schema.enum !== undefined && !schema.enum.includes(value)) found.push(`${path}: not in the list`)
  if (schema.const !== undefined && schema.const !== value) found.push(`${path}: not ${JSON.stringify(schema.const)}`)
  if (Array.isArray(value) && schema.items !== undefined) found.push(...value.flatMap((one, i) => misfits(root, schema.items as JsonSchema, one, `${path}[${i}]`)))
  if (kind !== 'object') return found
  const object = value as Record<string, unknown>
  for (const key of schema.required ?? []) if (!(key in object)) found.push(`${path}: \`${key}\` is missing`)
  for (const [key, part] of Object.entries(object)) {
    const own = schema.properties?.[key] ?? schema.additionalProperties
    if (own !== undefined) found.push(...misfits(root, own, part, `${path}.${key}`))
  }
  return found
}
