import type { Decoded } from '@standpipe/core/component'
import { Batch, Hold, type Columns, type DataType, type Field, type FieldInput, type RecordSet, type Schema } from '@standpipe/core/model'
import { createJsonlWriter } from './jsonl/format.js'
import { recordsOf } from './record-block.testing.js'

/** A field for tests; required with `{ nullable: false }`. */
export function field(name: string, type: DataType | 'string' | 'boolean' | 'int32' | 'int64' | 'float' | 'double' | 'timestamp' | 'date' | 'binary' | 'json', more: FieldInput & { nullable?: boolean } = {}): Field {
  const { nullable = true, ...input } = more
  return { name, type: typeof type === 'string' ? { kind: type } : type, nullable, input }
}

/** A batch of these rows, for tests. */
export function batchOf(rows: Columns, records: RecordSet = recordsOf(Array.from({ length: rows.rowCount }, () => '')), selection: Int32Array | null = null): Batch {
  const hold = (): Hold => new Hold(() => undefined)
  return new Batch({ shard: 's', records, rows, recordOfRow: null, selection, progress: hold(), memory: hold() })
}

/** Each row as the JSON line it is written as, nulls left out. */
export function linesOf(rows: Columns, schema: Schema = rows.schema): readonly string[] {
  const writer = createJsonlWriter({ nulls: 'omit', compression: 'none' }, schema)
  return (writer.encodeRows?.(batchOf(rows)) ?? []).map((line) => Buffer.from(line).toString())
}

/** What became of a batch: its lines, and `record: message` of what was rejected. */
export function outcomeOf(decoded: Decoded): { readonly lines: readonly string[]; readonly rejected: readonly string[] } {
  return { lines: linesOf(decoded.rows), rejected: decoded.rejected.map(({ record, rejection }) => `${record}: ${rejection.message}`) }
}
