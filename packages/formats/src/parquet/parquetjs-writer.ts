import type { BindContext, ObjectEncoder } from '@standpipe/core/component'
import type { DataType, Schema } from '@standpipe/core/model'
import type { CompressionName } from './codec.js'
import { ParquetjsEncoder } from './parquetjs-encoder.js'
import { parquetjsSchema } from './parquetjs-schema.js'
import { createSchemaTree, leavesOf, type TimestampStorage } from './schema-tree.js'
import { SizeEstimate } from './size-estimate.js'

/** What the parquetjs-lite engine takes of the format's config. */
export interface ParquetjsChoices {
  readonly compression: CompressionName
  readonly timestamps: TimestampStorage
  readonly rowGroupBytes: number
}

/** Binds the parquetjs-lite engine: what it cannot hold is refused, what it may not hold is warned of. */
export async function bindParquetjs(schema: Schema, choices: ParquetjsChoices, context: BindContext): Promise<() => ObjectEncoder> {
  const nodes = createSchemaTree(schema, choices.timestamps)
  const fields = parquetjsSchema(schema, choices.timestamps, choices.compression)
  const of = (kind: DataType['kind']): string[] => leavesOf(nodes).filter(({ type }) => type.kind === kind).map(({ path }) => `\`${path}\``)
  const wide = of('int64')
  if (wide.length > 0) context.warn(`parquetjs-lite holds int64 only within 2^53; a larger value in ${wide.join(', ')} stops the pipeline`, ['engine'])
  const { default: parquetjs } = await import('parquetjs-lite')
  const shared = {
    engine: parquetjs,
    target: new parquetjs.ParquetSchema(fields),
    schema,
    nodes,
    rowGroupBytes: choices.rowGroupBytes,
    estimate: new SizeEstimate(),
  }
  return () => new ParquetjsEncoder(shared)
}
