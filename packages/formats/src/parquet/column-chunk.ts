import type { Column } from '@standpipe/core/model'
import { ByteSink } from './byte-sink.js'
import type { Codec } from './codec.js'
import { cutPages, dataPageHeader, dictionaryPageHeader, writePageLevels } from './data-page.js'
import { Encoding, PageType, type EnumValue } from './format-enums.js'
import { collectLeafValues } from './leaf-values.js'
import { presentRows, type Levels } from './levels.js'
import type { LeafNode } from './schema-tree.js'
import { findBounds, type Bounds } from './statistics.js'
import { chooseEncoding, type EncodingChoices } from './value-encoding.js'

/** What decides how a file is laid out. */
export interface LayoutOptions {
  readonly codec: Codec
  /** Bytes of a data page before compression, about. */
  readonly pageBytes: number
  readonly encodings: EncodingChoices
}

/** A column of a row group as the footer describes it. Offsets count from the start of the file. */
export interface ColumnChunk {
  readonly leaf: LeafNode
  readonly codec: Codec
  /** Entries, nulls and empty lists included. */
  readonly entries: number
  readonly encoding: EnumValue<typeof Encoding>
  readonly dataPages: number
  readonly dictionaryPageOffset: number | undefined
  readonly dataPageOffset: number
  /** Headers and bodies, before and after compression. */
  readonly uncompressedBytes: number
  readonly compressedBytes: number
  readonly nullCount: number
  readonly bounds: Bounds | undefined
}

/** Pages end here even where they are small: readers skip by page. */
const MAX_PAGE_ENTRIES = 20_000

/** Encoding is synchronous, so one scratch serves all columns. */
const body = new ByteSink(1 << 20)

/** Encodes one column of a row group that starts at `offset` of the file; its bytes go to `out`, in order. */
export function encodeColumnChunk(
  leaf: LeafNode,
  column: Column,
  levels: Levels,
  offset: number,
  options: LayoutOptions,
  out: Uint8Array[],
): ColumnChunk {
  const { codec } = options
  const present = presentRows(levels)
  const values = collectLeafValues(leaf, column, present.rows, present.count)
  const encoded = chooseEncoding(values, options.encodings)
  let uncompressedBytes = 0
  let compressedBytes = 0
  const writePage = (header: (compressed: number) => Uint8Array, content: Uint8Array): void => {
    const compressed = codec.compress(content)
    const head = header(compressed.length)
    out.push(head, compressed)
    uncompressedBytes += head.length + content.length
    compressedBytes += head.length + compressed.length
  }

  const { dictionary } = encoded
  if (dictionary !== undefined) {
    writePage((compressed) => dictionaryPageHeader(dictionary.plain.length, compressed, dictionary.size), dictionary.plain)
  }
  const dataPageOffset = offset + compressedBytes
  const entriesPerPage = Math.ceil(options.pageBytes / Math.max(1 / 8, encoded.totalBytes / Math.max(1, levels.count)))
  let dataPages = 0
  for (const page of cutPages(levels, Math.max(1, Math.min(entriesPerPage, MAX_PAGE_ENTRIES)))) {
    body.clear()
    writePageLevels(body, levels, page)
    encoded.write(body, page.valueStart, page.valueEnd)
    const content = body.view()
    writePage((compressed) => dataPageHeader(content.length, compressed, page.entryEnd - page.entryStart, encoded.encoding), content)
    dataPages++
  }
  return {
    leaf,
    codec,
    entries: levels.count,
    encoding: encoded.encoding,
    dataPages,
    dictionaryPageOffset: dictionary === undefined ? undefined : offset,
    dataPageOffset,
    uncompressedBytes,
    compressedBytes,
    nullCount: levels.count - present.count,
    bounds: findBounds(leaf, values, encoded.used),
  }
}

/** The encodings of a chunk and how many pages have each, as `ColumnMetaData` lists them. */
export function encodingsOf(chunk: ColumnChunk): {
  readonly encodings: readonly number[]
  readonly pages: readonly { readonly page: number; readonly encoding: number; readonly count: number }[]
} {
  const hasDictionary = chunk.dictionaryPageOffset !== undefined
  return {
    encodings: hasDictionary ? [Encoding.PLAIN, Encoding.RLE, chunk.encoding] : [Encoding.RLE, chunk.encoding],
    pages: [
      ...(hasDictionary ? [{ page: PageType.DICTIONARY_PAGE, encoding: Encoding.PLAIN, count: 1 }] : []),
      { page: PageType.DATA_PAGE, encoding: chunk.encoding, count: chunk.dataPages },
    ],
  }
}
