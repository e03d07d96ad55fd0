import type { DecodePolicy, Decoder, FormatDefinition, Registry, Source, SourceDefinition } from '../../component/index.js'
import {
  isMapping,
  suggest,
  validate,
  valueAt,
  type ComponentChoice,
  type ConfigPath,
  type PipelineSections,
} from '../../config/index.js'
import type { Field, Schema } from '../../model/index.js'
import { bindAt, bindContext, type BindPlace } from './bind-component.js'

/** Binds the source; undefined where its config is wrong. */
export function bindSource(choice: ComponentChoice<SourceDefinition>, place: BindPlace): Promise<Source | undefined> {
  return bindAt(place, choice.path, () => choice.definition.bind(choice.config, bindContext(place, choice.path)))
}

/** A decoder, the schema of what it gives, and what it was bound with, for the fingerprint. */
export interface BoundDecoder {
  readonly decoder: Decoder
  readonly schema: Schema
  readonly format: { readonly name: string; readonly config: unknown }
  readonly policy: DecodePolicy
}

/** Binds the decoder: the pipeline's format, else what the source knows, else JSON. */
export async function bindDecoder(
  decode: NonNullable<PipelineSections['decode']>,
  schema: Schema,
  source: { readonly choice: ComponentChoice<SourceDefinition>; readonly source: Source } | undefined,
  registry: Registry,
  place: BindPlace,
): Promise<BoundDecoder | undefined> {
  const policy = { unknownFields: decode.unknownFields, unknownInto: decode.into ?? '', typeMismatch: decode.typeMismatch }
  const full = withUnknownInto(schema, policy, place)
  const format = chooseFormat(decode.format, source)
  if (full === undefined || format === undefined) return undefined
  const definition = findFormat(format.name, 'read', registry, format.path, place)
  if (definition?.bindReader === undefined) return undefined
  const checked = validate(definition.config, place.log, format.configPath, format.config ?? {})
  if (checked === undefined) return undefined
  const decoder = await bindAt(place, format.configPath, () =>
    definition.bindReader?.(checked.value, full, policy, bindContext(place, format.configPath)),
  )
  return decoder === undefined
    ? undefined
    : { decoder, schema: full, format: { name: format.name, config: format.config ?? {} }, policy }
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
  source: { readonly choice: ComponentChoice<SourceDefinition>; readonly source: Source } | undefined,
): ChosenFormat | undefined {
  const path = ['decode', 'format']
  if (typeof written === 'string') return { name: written, config: {}, path, configPath: path }
  if (isMapping(written)) {
    const [name, config] = Object.entries(written)[0] ?? ['', {}]
    return { name, config, path: [...path, name], configPath: [...path, name] }
  }
  if (source === undefined) return undefined
  const at = [...source.choice.path, 'format']
  const known = source.source.format
  return known === undefined
    ? { name: 'json', config: {}, path: ['decode'], configPath: ['decode'] }
    : {
        ...known,
        path: at,
        configPath: isMapping(source.choice.given) && isMapping(source.choice.given.format) ? [...at, known.name] : at,
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
