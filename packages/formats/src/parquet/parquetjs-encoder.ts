import type { ObjectEncoder } from '@standpipe/core/component'
import type { Batch, Schema } from '@standpipe/core/model'
import type { ParquetEnvelopeWriter, ParquetSchema, ParquetWriter, WriterOptions } from 'parquetjs-lite'
import { MAX_ROW_GROUP_ROWS } from './encoder.js'
import { checkParquetjsRows, parquetjsRow } from './parquetjs-rows.js'
import { RowBuffer } from './row-buffer.js'
import type { SchemaNode } from './schema-tree.js'
import type { SizeEstimate } from './size-estimate.js'

/** What every object of a parquetjs-lite writer has in common. */
export interface ParquetjsOptions {
  readonly engine: {
    ParquetWriter: typeof ParquetWriter
    ParquetEnvelopeWriter: typeof ParquetEnvelopeWriter
  }
  readonly target: ParquetSchema
  readonly schema: Schema
  readonly nodes: readonly SchemaNode[]
  readonly rowGroupBytes: number
  readonly estimate: SizeEstimate
}

/**
 * Writes one Parquet file with parquetjs-lite: for comparison, and for readers that were tried with its files.
 * `append` throws StandpipeError VALUE_UNSUPPORTED rather than let it alter a value; nothing of that batch is kept then.
 */
export class ParquetjsEncoder implements ObjectEncoder {
  private readonly buffer: RowBuffer
  private readonly writer: ParquetWriter
  private chunks: Uint8Array[] = []

  constructor(private readonly options: ParquetjsOptions) {
    this.buffer = new RowBuffer(options.schema)
    const { engine, target } = options
    const settings: WriterOptions = { useDataPageV2: false, pageIndex: false }
    const envelope = new engine.ParquetEnvelopeWriter(target, (bytes) => void this.chunks.push(bytes), () => undefined, 0, settings)
    this.writer = new engine.ParquetWriter(target, envelope, settings)
  }

  append(batch: Batch, rows: Int32Array | null): void {
    checkParquetjsRows(this.options.nodes, batch.rows, rows ?? batch.selection)
    this.buffer.append(batch, rows)
  }

  get bufferedBytes(): number {
    return this.buffer.memoryBytes
  }

  get bufferedEncodedBytes(): number {
    return this.options.estimate.of(this.buffer.guessedBytes)
  }

  get blockFull(): boolean {
    return this.buffer.memoryBytes >= this.options.rowGroupBytes || this.buffer.rowCount >= MAX_ROW_GROUP_ROWS
  }

  async flush(): Promise<readonly Uint8Array[]> {
    const rows = this.buffer.take()
    if (rows !== undefined) {
      // The last row of the group makes it write the group.
      this.writer.setRowGroupSize(rows.rowCount)
      for (const piece of rows.pieces) {
        for (let row = 0; row < piece.rowCount; row++) await this.writer.appendRow(parquetjsRow(this.options.nodes, piece, row))
      }
    }
    const out = this.takeChunks()
    if (rows !== undefined) this.options.estimate.learn(rows.guessedBytes, out.reduce((sum, chunk) => sum + chunk.length, 0))
    return out
  }

  async finish(metadata: Readonly<Record<string, string>>): Promise<readonly Uint8Array[]> {
    const body = await this.flush()
    for (const [key, value] of Object.entries(metadata)) this.writer.setMetadata(key, value)
    await this.writer.close()
    return [...body, ...this.takeChunks()]
  }

  private takeChunks(): Uint8Array[] {
    const taken = this.chunks
    this.chunks = []
    return taken
  }
}
