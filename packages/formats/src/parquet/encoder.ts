import type { ObjectEncoder, Threads } from '@standpipe/core/component'
import type { Batch, Schema } from '@standpipe/core/model'
import type { LayoutOptions } from './column-chunk.js'
import { DescribedRowGroups } from './described-row-groups.js'
import { ENCODE_MODULE, encodeJob, receiveGroup, type EncodedGroup, type EncodeSettings } from './encode-job.js'
import { encodeFooter, MAGIC } from './footer.js'
import { RowBuffer, type BufferedRows } from './row-buffer.js'
import { encodeRowGroup, type RowGroup } from './row-group.js'
import type { SchemaNode } from './schema-tree.js'
import type { SizeEstimate } from './size-estimate.js'

/** What every object of a writer has in common. */
export interface EncoderOptions extends LayoutOptions {
  readonly schema: Schema
  readonly nodes: readonly SchemaNode[]
  /** Memory of buffered rows at which a row group is of good size. */
  readonly rowGroupBytes: number
  readonly estimate: SizeEstimate
  readonly settings: EncodeSettings
}

/** Readers work by row group, so one must not hold too many rows, however small they are. */
export const MAX_ROW_GROUP_ROWS = 1_000_000

/** Smaller row groups are encoded where they are: it takes less time than to hand them over. */
const MIN_JOB_BYTES = 1024 ** 2

/** Writes one Parquet file: a row group for each flush, the footer at the end. */
export class ParquetEncoder implements ObjectEncoder {
  private readonly buffer: RowBuffer
  private rowGroups = new DescribedRowGroups()
  /** Bytes of the file so far. */
  private offset = 0

  constructor(
    private readonly options: EncoderOptions,
    private readonly threads?: Threads,
  ) {
    this.buffer = new RowBuffer(options.schema)
  }

  append(batch: Batch, rows: Int32Array | null): void {
    this.buffer.append(batch, rows)
  }

  get bufferedBytes(): number {
    return this.buffer.memoryBytes
  }

  get describedBytes(): number {
    return this.rowGroups.memoryBytes
  }

  get bufferedEncodedBytes(): number {
    return this.options.estimate.of(this.buffer.guessedBytes)
  }

  get blockFull(): boolean {
    return this.buffer.memoryBytes >= this.options.rowGroupBytes || this.buffer.rowCount >= MAX_ROW_GROUP_ROWS
  }

  async flush(): Promise<readonly Uint8Array[]> {
    const out: Uint8Array[] = []
    this.begin(out)
    const rows = this.buffer.take()
    if (rows === undefined) return out
    const { estimate } = this.options
    const group = await this.encode(rows, out)
    this.offset += group.compressedBytes
    this.rowGroups.add(group)
    estimate.learn(rows.guessedBytes, group.compressedBytes)
    return out
  }

  private async encode(rows: BufferedRows, out: Uint8Array[]): Promise<RowGroup> {
    const { threads, options, offset } = this
    if (threads === undefined || threads.count === 0 || rows.memoryBytes < MIN_JOB_BYTES) return encodeRowGroup(options.nodes, rows, offset, options, out)
    const encoded = await threads.run<EncodedGroup>(ENCODE_MODULE, encodeJob(options.settings, rows, offset))
    out.push(encoded.bytes)
    return receiveGroup(encoded, options.nodes, options.codec)
  }

  async finish(metadata: Readonly<Record<string, string>>): Promise<readonly Uint8Array[]> {
    const out = [...(await this.flush())]
    out.push(encodeFooter(this.options.nodes, this.rowGroups, metadata))
    this.rowGroups = new DescribedRowGroups()
    return out
  }

  private begin(out: Uint8Array[]): void {
    if (this.offset > 0) return
    out.push(MAGIC)
    this.offset = MAGIC.length
  }
}
