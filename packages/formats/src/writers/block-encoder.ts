import type { FormatWriter, ObjectEncoder } from '@standpipe/core/component'
import type { Batch } from '@standpipe/core/model'
import type { CompressedObject, Compression } from '../compression/compression.js'
import { ByteWriter } from './byte-writer.js'

/** A block is compressed and leaves when this much text is buffered. */
const BLOCK_BYTES = 1024 * 1024
/** Guess of compressed to plain size before the first block tells. */
const FIRST_RATIO = 0.2

/** Writes a row as text; bound to a batch. */
export type RowPrinter = (out: ByteWriter, row: number) => void

/** A format of text: what is written for each row, and at the start of an object. */
export interface TextFormat {
  readonly extension: string
  readonly contentType: string
  readonly compression: Compression
  /** Written once at the start of each object. */
  readonly head: Uint8Array
  /** Prints rows with what ends them in an object. */
  bindRows(batch: Batch): RowPrinter
  /** Prints rows alone, for record sinks; absent where a row alone makes no sense. */
  bindRecords?(batch: Batch): RowPrinter
}

/** The writer of a text format: blocks of about 1 MiB, compressed one by one. */
export function createTextWriter(format: TextFormat): FormatWriter {
  const { compression, bindRecords } = format
  return {
    extension: format.extension + compression.extension,
    contentType: format.contentType,
    contentEncoding: compression.contentEncoding,
    createObject: () => new BlockEncoder(format),
    encodeRows: bindRecords === undefined ? undefined : (batch) => encodeRecords(batch, bindRecords(batch)),
  }
}

class BlockEncoder implements ObjectEncoder {
  private readonly out = new ByteWriter(0)
  private readonly compressed: CompressedObject
  private plainBytes = 0
  private encodedBytes = 0

  constructor(private readonly format: TextFormat) {
    this.compressed = format.compression.open()
    this.out.range(format.head, 0, format.head.length)
  }

  append(batch: Batch, rows: Int32Array | null): void {
    const print = this.format.bindRows(batch)
    const count = rows === null ? batch.rows.rowCount : rows.length
    for (let i = 0; i < count; i++) print(this.out, rows === null ? i : rows[i])
  }

  get bufferedBytes(): number {
    return this.out.length === 0 ? 0 : this.out.bytes.length
  }

  get bufferedEncodedBytes(): number {
    const compressed = this.format.compression.extension !== ''
    const ratio = this.plainBytes > 0 ? this.encodedBytes / this.plainBytes : compressed ? FIRST_RATIO : 1
    return Math.ceil(this.out.length * ratio)
  }

  get blockFull(): boolean {
    return this.out.length >= BLOCK_BYTES
  }

  async flush(): Promise<readonly Uint8Array[]> {
    if (this.out.length === 0) return []
    const block = this.out.take()
    return [await this.compress(block)]
  }

  async finish(): Promise<readonly Uint8Array[]> {
    const rest = await this.flush()
    const end = await this.compressed.end()
    return end.length === 0 ? rest : [...rest, end]
  }

  private async compress(block: Uint8Array): Promise<Uint8Array> {
    const compressed = await this.compressed.compress(block)
    this.plainBytes += block.length
    this.encodedBytes += compressed.length
    return compressed
  }
}

function encodeRecords(batch: Batch, print: RowPrinter): readonly Uint8Array[] {
  const out = new ByteWriter()
  const ends: number[] = []
  for (let i = 0; i < batch.rowCount; i++) {
    print(out, batch.rowAt(i))
    ends.push(out.length)
  }
  const all = out.copy()
  return ends.map((end, i) => all.subarray(i === 0 ? 0 : ends[i - 1], end))
}
