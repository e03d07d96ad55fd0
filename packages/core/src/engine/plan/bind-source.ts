import type { DecodePolicy, Decoder, FormatDefinition, Registry, Source, SourceDefinition, SourceFormat } from '../../component/index.js'
import {
  isMapping,
  suggest,
  validate,
  valueAt,
  type ComponentChoice,
  type ConfigPath,
  type PipelineSections,
} from '../../config/index.js'
import type { Field, PayloadBlock, Schema } from '../../model/index.js'
import { bindAt, bindContext, type BindPlace } from './bind-component.js'

/** Binds the source; undefined where its config is wrong. */
export function bindSource(choice: ComponentChoice<SourceDefinition>, place: BindPlace): Promise<Source | undefined> {
  return bindAt(place, choice.path, () => choice.definition.bind(choice.config, bindContext(place, choice.path)))
}

/** A format that records are read by. */
interface ReadFormat {
  readonly name: string
  readonly config: unknown
}

/** A decoder, the schema of what it gives, and what it was bound with, for the fingerprint. */
export interface BoundDecoder {
  readonly decoder: Decoder
  readonly schema: Schema
  readonly format: ReadFormat
  /** Those that parts of the source have, by name; absent where it has one for all. */
  readonly formats?: Readonly<Record<string, ReadFormat>>
  readonly policy: DecodePolicy
}

interface SourceChoice {
  readonly choice: ComponentChoice<SourceDefinition>
  readonly source: Source
}

/** Binds the decoder: the pipeline's format, else what the source knows, else JSON. */
export async function bindDecoder(
  decode: NonNullable<PipelineSections['decode']>,
  schema: Schema,
  source: SourceChoice | undefined,
  registry: Registry,
  place: BindPlace,
): Promise<BoundDecoder | undefined> {
  const policy = { unknownFields: decode.unknownFields, unknownInto: decode.into ?? '', typeMismatch: decode.typeMismatch }
  const full = withUnknownInto(schema, policy, place)
  const format = chooseFormat(decode.format, source, source?.source.format)
  if (full === undefined || format === undefined) return undefined
  const decoder = await bindReader(format, full, policy, registry, place)
  const parts = new Map<string, Decoder>()
  const formats: Record<string, ReadFormat> = {}
  if (decode.format === undefined) {
    for (const [name, known] of source?.source.formats ?? []) {
      const own = chooseFormat(undefined, source, known)
      const part = own === undefined ? undefined : await bindReader(own, full, policy, registry, place)
      if (own === undefined || part === undefined) return undefined
      parts.set(name, part)
      formats[name] = identityOf(own)
    }
  }
  if (decoder === undefined) return undefined
  const bound = { schema: full, format: identityOf(format), policy }
  return parts.size === 0 ? { ...bound, decoder } : { ...bound, formats, decoder: decodeByPart(decoder, parts) }
}

function identityOf({ name, config }: ChosenFormat): ReadFormat {
  return { name, config: config ?? {} }
}

/** Decodes each set of records by the format that it names. */
function decodeByPart(whole: Decoder, parts: ReadonlyMap<string, Decoder>): Decoder {
  return { decode: (records) => (parts.get((records as Partial<PayloadBlock>).format ?? '') ?? whole).decode(records) }
}

async function bindReader(format: ChosenFormat, schema: Schema, policy: DecodePolicy, registry: Registry, place: BindPlace): Promise<Decoder | undefined> {
  const definition = findFormat(format.name, 'read', registry, format.path, place)
  if (definition?.bindReader === undefined) return undefined
  const checked = validate(definition.config, place.log, format.configPath, format.config ?? {})
  if (checked === undefined) return undefined
  return bindAt(place, format.configPath, () => definition.bindReader?.(checked.value, schema, policy, bindContext(place, format.configPath)))
}

interface ChosenFormat {
  readonly name: string
  readonly config: unknown
  /** Where it is named. */
  readonly path: ConfigPath
  /** Where its config stands. */
  readonly configPath: ConfigPath
}

function chooseFormat(
  written: NonNullable<PipelineSections['decode']>['format'],
  source: SourceChoice | undefined,
  known: SourceFormat | undefined,
): ChosenFormat | undefined {
  const path = ['decode', 'format']
  if (typeof written === 'string') return { name: written, config: {}, path, configPath: path }
  if (isMapping(written)) {
    const [name, config] = Object.entries(written)[0] ?? ['', {}]
    return { name, config, path: [...path, name], configPath: [...path, name] }
  }
  if (source === undefined) return undefined
  const within = known?.at ?? ['format']
  const at = [...source.choice.path, ...within]
  return known === undefined
    ? { name: 'json', config: {}, path: ['decode'], configPath: ['decode'] }
    : {
        ...known,
        path: at,
        configPath: isMapping(valueAt(source.choice.given, within)) ? [...at, known.name] : at,
      }
}

/** The format of that name that can be read or written, or a problem at the path. */
export function findFormat(
  name: string,
  use: 'read' | 'written',
  registry: Registry,
  path: ConfigPath,
  { log }: BindPlace,
): FormatDefinition | undefined {
  const able = [...registry.formats.values()].filter(
    (format) => (use === 'read' ? format.bindReader : format.bindWriter) !== undefined,
  )
  const found = registry.formats.get(name)
  if (found !== undefined && able.includes(found)) return found
  const names = able.map((format) => format.name)
  const what = found === undefined ? `there is no format \`${name}\`` : `the format \`${name}\` cannot be ${use}`
  const hint = found === undefined ? suggest(name, names) : undefined
  const at =
    valueAt(log.document.value, path) === undefined || typeof valueAt(log.document.value, path) === 'string' ? 'value' : 'key'
  log.error(path, `${what}; there are: ${names.join(', ')}`, { at, ...(hint?.startsWith('did') === true ? { hint } : {}) })
  return undefined
}

/** The schema with the `json` column that keeps unknown fields, added where it is not there. */
function withUnknownInto(schema: Schema, policy: DecodePolicy, { log }: BindPlace): Schema | undefined {
  if (policy.unknownFields !== 'keep') {
    if (policy.unknownInto !== '')
      log.warn(['decode', 'into'], '`into` has no effect without `unknownFields: keep`', { at: 'key' })
    return schema
  }
  if (policy.unknownInto === '') {
    log.error(['decode'], '`into` is missing: expected the name of the column that keeps unknown fields', {
      at: 'key',
      hint: 'add `into: extra`',
    })
    return undefined
  }
  const column = schema.fields.find((field) => field.name === policy.unknownInto)
  if (column === undefined)
    return { fields: [...schema.fields, { name: policy.unknownInto, type: { kind: 'json' }, nullable: true } satisfies Field] }
  if (column.type.kind === 'json') return schema
  log.error(
    ['decode', 'into'],
    `the column \`${column.name}\` must be of type json to keep unknown fields; it is ${column.type.kind}`,
  )
  return undefined
}
