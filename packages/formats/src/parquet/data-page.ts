import type { ByteSink } from './byte-sink.js'
import { Encoding, PageType, type EnumValue } from './format-enums.js'
import { bitWidth, writeLevels, writeRun } from './hybrid.js'
import type { Levels } from './levels.js'
import { ThriftWriter } from './thrift-compact.js'

/** Which entries of a column make a page, and which of its present values. */
export interface PageRange {
  readonly entryStart: number
  readonly entryEnd: number
  readonly valueStart: number
  readonly valueEnd: number
}

/**
 * Cuts a column into pages of about `entriesPerPage` entries, each beginning with a record: a list is never
 * torn, so a page may be larger. A column without entries has one empty page.
 */
export function* cutPages(levels: Levels, entriesPerPage: number): Generator<PageRange> {
  const { count, definition, repetition, maxDefinition } = levels
  let entryStart = 0
  let valueStart = 0
  do {
    let entryEnd = Math.min(count, entryStart + entriesPerPage)
    if (repetition !== null) while (entryEnd < count && repetition[entryEnd] !== 0) entryEnd++
    let valueEnd = valueStart
    if (definition === null || levels.complete) valueEnd += entryEnd - entryStart
    else for (let i = entryStart; i < entryEnd; i++) if (definition[i] === maxDefinition) valueEnd++
    yield { entryStart, entryEnd, valueStart, valueEnd }
    entryStart = entryEnd
    valueStart = valueEnd
  } while (entryStart < count)
}

/** Writes the levels of a data page (version 1): repetition, then definition, each with its length before it. */
export function writePageLevels(out: ByteSink, levels: Levels, { entryStart, entryEnd }: PageRange): void {
  for (const [values, largest] of [[levels.repetition, levels.maxRepetition], [levels.definition, levels.maxDefinition]] as const) {
    if (values === null) continue
    const lengthAt = out.length
    out.uint32(0)
    if (levels.complete) writeRun(out, largest, entryEnd - entryStart, bitWidth(largest))
    else writeLevels(out, values, entryStart, entryEnd, bitWidth(largest))
    out.uint32At(lengthAt, out.length - lengthAt - 4)
  }
}

/** The header of a data page (version 1: the one that every reader knows). */
export function dataPageHeader(bodyBytes: number, compressedBytes: number, entries: number, encoding: EnumValue<typeof Encoding>): Uint8Array {
  return ThriftWriter.encode((thrift) => {
    thrift.i32(1, PageType.DATA_PAGE)
    thrift.i32(2, bodyBytes)
    thrift.i32(3, compressedBytes)
    thrift.struct(5, () => {
      thrift.i32(1, entries)
      thrift.i32(2, encoding)
      thrift.i32(3, Encoding.RLE)
      thrift.i32(4, Encoding.RLE)
    })
  })
}

/** The header of a dictionary page. */
export function dictionaryPageHeader(bodyBytes: number, compressedBytes: number, size: number): Uint8Array {
  return ThriftWriter.encode((thrift) => {
    thrift.i32(1, PageType.DICTIONARY_PAGE)
    thrift.i32(2, bodyBytes)
    thrift.i32(3, compressedBytes)
    thrift.struct(7, () => {
      thrift.i32(1, size)
      thrift.i32(2, Encoding.PLAIN)
    })
  })
}
