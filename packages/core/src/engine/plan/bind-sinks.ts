import {
  ConfigProblemError,
  type FormatWriter,
  type ObjectSink,
  type RecordSink,
  type Registry,
  type SinkBindContext,
  type SinkDefinition,
} from '../../component/index.js'
import { isMapping, validate, type ComponentChoice, type ConfigPath } from '../../config/index.js'
import { compilePrefix, findDoubts, PrefixError, type CompiledPrefix, type PrefixOptions } from '../../expression/prefix/index.js'
import { bindExpression } from '../../operators/bind-expression.js'
import { RAW_SCHEMA, type Schema } from '../../model/index.js'
import { AlreadyReported, bindAt, bindContext, type BindPlace } from './bind-component.js'
import { findFormat } from './bind-source.js'

/** A sink with what the engine does for it: encoding and partitioning, for objects. */
export type BoundSink =
  | { readonly kind: 'record'; readonly sink: RecordSink }
  | { readonly kind: 'object'; readonly sink: ObjectSink; readonly writer: FormatWriter; readonly prefix: CompiledPrefix }

/** What the rows of a sink are, where the prefix sees more of them than is written. */
export interface SinkRows {
  readonly written: Schema
  readonly prefixSchema: Schema
  readonly prefixOptions: PrefixOptions
}

/** Binds a sink to the rows that reach it, with its format and prefix; undefined where something is wrong. */
export async function bindSink(
  choice: ComponentChoice<SinkDefinition>,
  rows: SinkRows,
  registry: Registry,
  place: BindPlace,
): Promise<BoundSink | undefined> {
  const { definition, config, path } = choice
  const context: SinkBindContext = {
    ...bindContext(place, path),
    bindExpression: (text, at) => bindExpression(text, rows.written, bindContext(place, path), at),
    bindFormat: (name, given) => bindRowFormat(name, given, choice, rows.written, registry, place),
  }
  const sink = await bindAt(place, path, () => definition.bind(config, rows.written, context))
  if (sink === undefined) return undefined
  if (sink.kind === 'record') return { kind: 'record', sink }
  const writer = await bindWriter(sink.format, formatPath(choice), rows.written, registry, place)
  const prefix = await bindPrefix(sink, path, rows, place)
  return writer === undefined || prefix === undefined ? undefined : { kind: 'object', sink, writer, prefix }
}

/** Checks a sink's format alone, where the rows that reach the sink are not known. */
export function checkFormat(choice: ComponentChoice<SinkDefinition>, registry: Registry, place: BindPlace): void {
  const written = isMapping(choice.given) ? choice.given.format : undefined
  const [name, config] = isMapping(written) ? (Object.entries(written)[0] ?? []) : [written, {}]
  if (typeof name !== 'string') return
  const path = formatPath(choice)
  const definition = findFormat(name, 'written', registry, path, place)
  if (definition !== undefined) validate(definition.config, place.log, path, config ?? {})
}

function formatPath({ given, path }: ComponentChoice<SinkDefinition>): ConfigPath {
  const format = isMapping(given) ? given.format : undefined
  return isMapping(format) ? [...path, 'format', Object.keys(format)[0] ?? ''] : [...path, 'format']
}

async function bindWriter(
  format: ObjectSink['format'],
  path: ConfigPath,
  schema: Schema,
  registry: Registry,
  place: BindPlace,
): Promise<FormatWriter | undefined> {
  const definition = findFormat(format.name, 'written', registry, path, place)
  if (definition?.bindWriter === undefined) return undefined
  if (definition.needsSchema && schema === RAW_SCHEMA) {
    place.log.error(path, `the format \`${format.name}\` needs to know the fields, and this pipeline has no schema`, {
      hint: 'add `schema:` (`standpipe infer` writes one from a sample), or write another format',
    })
    return undefined
  }
  const checked = validate(definition.config, place.log, path, format.config ?? {})
  if (checked === undefined) return undefined
  return bindAt(place, path, () => definition.bindWriter?.(checked.value, schema, bindContext(place, path)))
}

async function bindPrefix(
  sink: ObjectSink,
  path: ConfigPath,
  { prefixSchema, prefixOptions }: SinkRows,
  place: BindPlace,
): Promise<CompiledPrefix | undefined> {
  return bindAt(place, path, () => {
    try {
      const prefix = compilePrefix(sink.prefix, prefixSchema, {
        ...prefixOptions,
        ...(sink.timeZone === undefined ? {} : { timeZone: sink.timeZone }),
      })
      for (const doubt of findDoubts(prefix)) place.log.warn([...path, 'prefix'], doubt)
      return prefix
    } catch (error) {
      if (!(error instanceof PrefixError)) throw error
      throw new ConfigProblemError(error.message, {
        path: ['prefix'],
        offset: error.offset,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    }
  })
}

/** For record sinks: the format, or a ConfigProblemError at the sink's `format`. */
async function bindRowFormat(
  name: string,
  given: unknown,
  choice: ComponentChoice<SinkDefinition>,
  schema: Schema,
  registry: Registry,
  place: BindPlace,
): ReturnType<SinkBindContext['bindFormat']> {
  const before = place.log.errorCount
  const writer = await bindWriter({ name, config: given }, formatPath(choice), schema, registry, place)
  if (writer?.encodeRows !== undefined) return { encodeRows: writer.encodeRows.bind(writer) }
  if (place.log.errorCount === before) {
    throw new ConfigProblemError(
      `the format \`${name}\` does not write a row by itself, so \`${choice.definition.name}\` cannot use it`,
      { path: ['format'] },
    )
  }
  throw new AlreadyReported()
}
