import { z } from 'zod'
import {
  ConfigProblemError,
  createRegistry,
  defineFormat,
  defineOperator,
  defineSink,
  defineSource,
  duration,
  size,
  type AnyDefinition,
  type FormatWriter,
  type ObjectSink,
  type Registry,
} from '../../component/index.js'
import type { ConfigEnvironment } from '../../config/index.js'
import { createColumns, fieldIndex } from '../../model/index.js'

const described = { stability: 'stable', examples: [] } as const
const notRun = (): never => {
  throw new Error('a fake is bound, never run')
}

const file = defineSource({
  ...described,
  name: 'file',
  summary: 'Files.',
  config: z.strictObject({
    path: z.string().min(1).describe('The file.'),
    format: z.string().optional(),
    mode: z.enum(['once', 'follow']).default('once'),
    retain: duration().optional(),
    settleWithin: duration().optional(),
  }),
  bind: (config) => ({
    traits: { replayable: true, ordered: true, bounded: config.mode === 'once', stableArrival: config.mode === 'once' },
    read: notRun,
    comparePositions: () => 0,
    ...(config.settleWithin === undefined ? {} : { settleWithinMs: config.settleWithin }),
    ...(config.format === undefined ? {} : { format: { name: config.format, config: {} } }),
  }),
})

const stdin = defineSource({
  ...described,
  name: 'stdin',
  summary: 'Standard input.',
  config: z.strictObject({ port: z.int().optional(), key: z.string().optional() }),
  bind: () => ({ traits: { replayable: false, ordered: true, bounded: true }, read: notRun, comparePositions: () => 0 }),
})

/** Refuses a `!` in its expression at its offset, and fields that do not exist. */
const filter = defineOperator({
  ...described,
  name: 'filter',
  summary: 'Keeps rows.',
  config: z.union([z.string(), z.strictObject({ where: z.string(), onError: z.enum(['keep', 'drop']).optional() })]),
  bind(config, schema) {
    const [text, path] = typeof config === 'string' ? [config, []] : [config.where, ['where']]
    const at = text.indexOf('!')
    if (at >= 0) throw new ConfigProblemError('unexpected `!`', { path, offset: at })
    const name = /^\w+/.exec(text)?.[0] ?? ''
    if (fieldIndex(schema, name) < 0) throw new ConfigProblemError(`there is no field \`${name}\``, { path, offset: 0 })
    return { schema, traits: { deterministic: true, stateful: false }, run: notRun }
  },
})

const drop = defineOperator({
  ...described,
  name: 'drop',
  summary: 'Takes a field away.',
  config: z.strictObject({ field: z.string() }),
  bind: ({ field }, schema) => ({
    schema: { fields: schema.fields.filter(({ name }) => name !== field) },
    traits: { deterministic: true, stateful: false },
    run: notRun,
  }),
})

const guess = defineOperator({
  ...described,
  name: 'guess',
  summary: 'Makes things up.',
  config: z.strictObject({}),
  bind: (_, schema) => ({ schema, traits: { deterministic: false, stateful: false }, run: notRun }),
})

const directory = defineSink({
  ...described,
  name: 'directory',
  summary: 'A folder.',
  config: z.strictObject({
    path: z.string().min(1),
    prefix: z.string().default(''),
    format: z.union([z.string(), z.record(z.string(), z.unknown())]).default('parquet'),
    roll: z.strictObject({ size: size().optional(), age: duration().optional() }).optional(),
    password: z.string().optional(),
    timeZone: z.string().optional(),
  }),
  bind(config): ObjectSink {
    const [name, options] = typeof config.format === 'string' ? [config.format, {}] : Object.entries(config.format)[0]
    return {
      kind: 'object',
      guarantee: 'transactional',
      createStore: notRun,
      location: config.path,
      prefix: config.prefix,
      format: { name, config: options },
      roll: { sizeBytes: config.roll?.size ?? 1, ageMs: config.roll?.age ?? 1 },
      timeZone: config.timeZone,
    }
  },
})

const post = defineSink({
  ...described,
  name: 'post',
  summary: 'Sends rows.',
  config: z.strictObject({ url: z.url(), format: z.string().default('jsonl'), token: z.string().optional() }),
  async bind(config, _, context) {
    await context.bindFormat(config.format, {})
    return { kind: 'record', guarantee: 'at-least-once', keepsOrder: true, open: notRun, caveats: ['a time of delivery'] }
  },
})

const writer: FormatWriter = { extension: '.x', contentType: 'x', createObject: notRun }

const json = defineFormat({
  ...described,
  name: 'json',
  summary: 'JSON values.',
  needsSchema: false,
  config: z.strictObject({}),
  bindReader: (_, schema) => ({
    decode: () => ({ rows: createColumns(schema, 0), recordOfRow: null, rejected: [], unknownFields: 0, mismatches: 0 }),
  }),
})

const jsonl = defineFormat({
  ...described,
  name: 'jsonl',
  summary: 'JSON lines.',
  needsSchema: false,
  config: z.strictObject({}),
  bindReader: (_, schema) => ({
    decode: () => ({ rows: createColumns(schema, 0), recordOfRow: null, rejected: [], unknownFields: 0, mismatches: 0 }),
  }),
  bindWriter: () => ({ ...writer, encodeRows: () => [] }),
})

const parquet = defineFormat({
  ...described,
  name: 'parquet',
  summary: 'Parquet.',
  needsSchema: true,
  config: z.strictObject({ compression: z.enum(['snappy', 'zstd', 'none']).default('snappy') }),
  bindWriter: () => writer,
})

/** Small components for tests of configuration and planning; they are bound and never run. */
export function fakeRegistry(): Registry {
  return createRegistry(
    ([] = [file, stdin, filter, drop, guess, directory, post, json, jsonl, parquet] as readonly AnyDefinition[]),
  )
}

/** An environment of these variables and files. */
export function fakeEnvironment(variables: Record<string, string> = {}, files: Record<string, string> = {}): ConfigEnvironment {
  return {
    variables,
    readFile(path) {
      const text = files[path]
      return text === undefined
        ? Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' }))
        : Promise.resolve(text)
    },
  }
}
