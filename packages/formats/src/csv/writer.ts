import type { FormatWriter } from '@standpipe/core/component'
import { formatIsoDate, formatIsoMicros, type Batch, type Column, type Schema } from '@standpipe/core/model'
import { compressionOf } from '../compression/compression.js'
import { formatUnscaled } from '../values/exact-number.js'
import { unscaledAt } from '../values/number-setter.js'
import { createTextWriter, type RowPrinter } from '../writers/block-encoder.js'
import { ByteWriter } from '../writers/byte-writer.js'
import { bindJsonPrinter, formatFloat } from '../writers/json-value.js'
import { bindPayloads } from '../writers/raw-rows.js'
import type { CsvConfig } from './config.js'

/** What the writer needs of the options; see `csvOptions`. */
export type CsvWriting = Pick<CsvConfig, 'separator' | 'quote' | 'header' | 'nullValue' | 'compression'>

/** What tells one text dialect from another to the outside. */
export interface CsvKind {
  readonly extension: string
  readonly contentType: string
}

const NEWLINE = Buffer.from('\n')
const RETURN = 13
const CELL_CHARACTER = /[\w+./:=-]/

/**
 * Writes rows as CSV (RFC 4180, lines end in `\n`): the names first if asked for; structs, lists and `json` as JSON in a cell. A text that
 * would read as null stands in quotes. Values that a spreadsheet takes for formulas are not altered. Raw pipelines: payloads on lines.
 */
export function createCsvWriter(config: CsvWriting, schema: Schema, kind: CsvKind): FormatWriter {
  const raw = schema.fields.length === 0
  return createTextWriter({
    ...kind,
    compression: compressionOf(config.compression),
    head: raw || !config.header ? new Uint8Array(0) : headerOf(config, schema),
    bindRows: (batch) => (raw ? bindPayloads(batch, NEWLINE) : bindCells(config, batch, NEWLINE)),
    bindRecords: (batch) => (raw ? bindPayloads(batch, new Uint8Array(0)) : bindCells(config, batch, new Uint8Array(0))),
  })
}

function headerOf(config: CsvWriting, schema: Schema): Uint8Array {
  const out = new ByteWriter()
  const write = quotedWriter(config)
  schema.fields.forEach((field, i) => {
    if (i > 0) out.byte(config.separator.charCodeAt(0))
    const name = Buffer.from(field.name)
    write(out, name, 0, name.length)
  })
  out.byte(10)
  return out.copy()
}

function bindCells(config: CsvWriting, batch: Batch, lineEnd: Uint8Array): RowPrinter {
  const { columns } = batch.rows
  const separator = config.separator.charCodeAt(0)
  const nullCell = Buffer.from(config.nullValue)
  const printers = columns.map((column) => bindCell(column, config))
  return (out, row) => {
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) out.byte(separator)
      if (columns[i].valid[row] === 0) out.range(nullCell, 0, nullCell.length)
      else printers[i](out, row)
    }
    out.range(lineEnd, 0, lineEnd.length)
  }
}

function bindCell(column: Column, config: CsvWriting): RowPrinter {
  const write = quotedWriter(config)
  // Numbers, times and base64 hold no character that a usual separator or quote is.
  const safe = !CELL_CHARACTER.test(config.separator + config.quote)
  const text = (textOf: (row: number) => string): RowPrinter => (out, row) => {
    const cell = textOf(row)
    if (safe && cell !== config.nullValue) {
      out.ascii(cell)
      return
    }
    const bytes = Buffer.from(cell)
    write(out, bytes, 0, bytes.length)
  }
  const { kind } = column.type
  switch (column.storage) {
    case 'bytes': {
      const { dictionary } = column
      if (kind === 'binary') return text((row) => Buffer.from(dictionary.valueAt(column.values[row])).toString('base64'))
      return (out, row) => {
        const index = column.values[row]
        write(out, dictionary.bytes, dictionary.offsets[index], dictionary.offsets[index + 1])
      }
    }
    case 'boolean':
      return text((row) => (column.values[row] !== 0 ? 'true' : 'false'))
    case 'int32':
      return text((row) => (kind === 'date' ? formatIsoDate(column.values[row]) : String(column.values[row])))
    case 'int64':
    case 'int128': {
      const scale = column.type.kind === 'decimal' ? column.type.scale : 0
      return text((row) => (kind === 'timestamp' ? formatIsoMicros(unscaledAt(column, row)) : formatUnscaled(unscaledAt(column, row), scale)))
    }
    case 'float':
      return text((row) => formatFloat(column.values[row]))
    case 'double':
      return text((row) => String(column.values[row]))
    case 'struct':
    case 'list': {
      const print = bindJsonPrinter(column, { nulls: 'omit' })
      const cell = new ByteWriter()
      return (out, row) => {
        cell.length = 0
        print(cell, row)
        write(out, cell.bytes, 0, cell.length)
      }
    }
  }
}

/** Writes a cell, in quotes where it would not read back otherwise. */
function quotedWriter(config: CsvWriting): (out: ByteWriter, source: Uint8Array, start: number, end: number) => void {
  const separator = config.separator.charCodeAt(0)
  const quote = config.quote.charCodeAt(0)
  const nullCell = Buffer.from(config.nullValue)
  const needsQuotes = (source: Uint8Array, start: number, end: number): boolean => {
    if (end - start === nullCell.length && nullCell.every((byte, i) => source[start + i] === byte)) return true
    for (let i = start; i < end; i++) {
      const byte = source[i]
      if (byte === separator || byte === quote || byte === 10 || byte === RETURN) return true
    }
    return source[start] === 32 || source[end - 1] === 32
  }
  return (out, source, start, end) => {
    if (!needsQuotes(source, start, end)) {
      out.range(source, start, end)
      return
    }
    out.byte(quote)
    for (let i = start; i < end; i++) {
      if (source[i] === quote) out.byte(quote)
      out.byte(source[i])
    }
    out.byte(quote)
  }
}
