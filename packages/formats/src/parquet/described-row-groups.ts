import { ByteSink } from './byte-sink.js'
import { encodingsOf, type ColumnChunk } from './column-chunk.js'
import type { RowGroup } from './row-group.js'
import { writeStatistics } from './statistics.js'
import { ThriftWriter } from './thrift-compact.js'

/**
 * What the footer will say of the row groups so far, kept as it will be written: an object with hundreds of small row
 * groups needs a tenth of the memory that they would take as structures.
 */
export class DescribedRowGroups {
  count = 0
  rowCount = 0
  private readonly out = new ByteSink(0)

  /** The structures `RowGroup`, one after another. */
  get bytes(): Uint8Array {
    return this.out.view()
  }

  /** Bytes of memory that they hold. */
  get memoryBytes(): number {
    return this.out.bytes.length
  }

  add(group: RowGroup): void {
    this.out.append(ThriftWriter.encode((thrift) => writeRowGroup(thrift, group, this.count)))
    this.count += 1
    this.rowCount += group.rowCount
  }
}

function writeRowGroup(thrift: ThriftWriter, group: RowGroup, ordinal: number): void {
  thrift.structs(1, group.chunks, (chunk) => {
    thrift.i64(2, 0)
    thrift.struct(3, () => writeColumnMetadata(thrift, chunk))
  })
  thrift.i64(2, group.uncompressedBytes)
  thrift.i64(3, group.rowCount)
  thrift.i64(5, group.offset)
  thrift.i64(6, group.compressedBytes)
  // The field holds 16 bits, and is optional.
  if (ordinal < 0x8000) thrift.i16(7, ordinal)
}

function writeColumnMetadata(thrift: ThriftWriter, chunk: ColumnChunk): void {
  const { encodings, pages } = encodingsOf(chunk)
  thrift.i32(1, chunk.leaf.physical)
  thrift.i32s(2, encodings)
  thrift.binaries(3, chunk.leaf.pathInSchema)
  thrift.i32(4, chunk.codec.id)
  thrift.i64(5, chunk.entries)
  thrift.i64(6, chunk.uncompressedBytes)
  thrift.i64(7, chunk.compressedBytes)
  thrift.i64(9, chunk.dataPageOffset)
  if (chunk.dictionaryPageOffset !== undefined) thrift.i64(11, chunk.dictionaryPageOffset)
  thrift.struct(12, () => writeStatistics(thrift, chunk.nullCount, chunk.bounds))
  thrift.structs(13, pages, ({ page, encoding, count }) => {
    thrift.i32(1, page)
    thrift.i32(2, encoding)
    thrift.i32(3, count)
  })
}
