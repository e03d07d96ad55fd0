import { formatIsoDate, formatIsoMicros, type Column } from '@standpipe/core/model'
import { formatUnscaled } from '../values/exact-number.js'
import { unscaledAt } from '../values/number-setter.js'
import type { ByteWriter } from './byte-writer.js'

type BytesColumn = Extract<Column, { storage: 'bytes' }>

/** How rows become JSON. */
export interface JsonStyle {
  /** Whether members that are null are written. */
  readonly nulls: 'omit' | 'keep'
}

/** Writes the value at a row as JSON; the value must not be null. */
export type JsonPrinter = (out: ByteWriter, row: number) => void

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const HEX = '0123456789abcdef'
/** Letter after the backslash for characters that have a short escape. */
const SHORT_ESCAPES: Readonly<Record<number, number>> = { 8: 98, 9: 116, 10: 110, 12: 102, 13: 114, 34: 34, 92: 92 }

/** Prints a column's values: exact numbers, ISO 8601 times, base64 for binary, `json` as it is on one line. */
export function bindJsonPrinter(column: Column, style: JsonStyle): JsonPrinter {
  switch (column.storage) {
    case 'boolean':
      return (out, row) => out.ascii(column.values[row] !== 0 ? 'true' : 'false')
    case 'int32':
      if (column.type.kind !== 'date') return (out, row) => out.ascii(String(column.values[row]))
      return (out, row) => out.ascii(`"${formatIsoDate(column.values[row])}"`)
    case 'int64':
      if (column.type.kind === 'timestamp') return (out, row) => out.ascii(`"${formatIsoMicros(column.values[row])}"`)
      return bindUnscaled(column)
    case 'int128':
      return bindUnscaled(column)
    case 'float':
      return (out, row) => out.ascii(formatFloat(column.values[row]))
    case 'double':
      return (out, row) => out.ascii(formatDouble(column.values[row]))
    case 'bytes':
      return bindBytes(column)
    case 'struct': {
      const names = column.type.kind === 'struct' ? column.type.fields.map((field) => field.name) : []
      return bindObject(names, column.children, style)
    }
    case 'list': {
      const { child } = column
      const print = bindJsonPrinter(child, style)
      return (out, row) => {
        out.byte(91)
        for (let at = column.offsets[row]; at < column.offsets[row + 1]; at++) {
          if (at > column.offsets[row]) out.byte(COMMA)
          if (child.valid[at] === 0) out.ascii('null')
          else print(out, at)
        }
        out.byte(93)
      }
    }
  }
}

/** Prints columns as the members of an object, for a row of a batch or a struct; columns beyond the names are left out. */
export function bindObject(names: readonly string[], columns: readonly Column[], style: JsonStyle): JsonPrinter {
  const keys = names.map((name) => Buffer.from(`${JSON.stringify(name)}:`))
  const printers = keys.map((_, i) => bindJsonPrinter(columns[i], style))
  const omits = style.nulls === 'omit'
  return (out, row) => {
    out.byte(123)
    let first = true
    for (let i = 0; i < keys.length; i++) {
      const isNull = columns[i].valid[row] === 0
      if (isNull && omits) continue
      if (!first) out.byte(COMMA)
      first = false
      out.range(keys[i], 0, keys[i].length)
      if (isNull) out.ascii('null')
      else printers[i](out, row)
    }
    out.byte(125)
  }
}

/** The shortest number that reads back as the same double; `null` for what JSON has no number for. */
function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** The shortest number that reads back as the same float. */
export function formatFloat(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) === value) return formatDouble(shorter)
  }
  return formatDouble(value)
}

function bindUnscaled(column: Extract<Column, { storage: 'int64' | 'int128' }>): JsonPrinter {
  const scale = column.type.kind === 'decimal' ? column.type.scale : 0
  return (out, row) => out.ascii(formatUnscaled(unscaledAt(column, row), scale))
}

function bindBytes(column: BytesColumn): JsonPrinter {
  const { dictionary } = column
  switch (column.type.kind) {
    case 'binary':
      return (out, row) => out.ascii(`"${Buffer.from(dictionary.valueAt(column.values[row])).toString('base64')}"`)
    case 'json':
      return (out, row) => {
        const index = column.values[row]
        writeOnOneLine(out, dictionary.bytes, dictionary.offsets[index], dictionary.offsets[index + 1])
      }
    default:
      return (out, row) => {
        const index = column.values[row]
        writeString(out, dictionary.bytes, dictionary.offsets[index], dictionary.offsets[index + 1])
      }
  }
}

function writeString(out: ByteWriter, source: Uint8Array, start: number, end: number): void {
  out.byte(QUOTE)
  out.reserve((end - start) * 6 + 1)
  const { bytes } = out
  let at = out.length
  for (let i = start; i < end; i++) {
    const byte = source[i]
    if (byte >= 32 && byte !== QUOTE && byte !== BACKSLASH) {
      bytes[at++] = byte
      continue
    }
    bytes[at++] = BACKSLASH
    const short = SHORT_ESCAPES[byte]
    if (short !== undefined) bytes[at++] = short
    else {
      bytes[at++] = 117
      bytes[at++] = 48
      bytes[at++] = 48
      bytes[at++] = HEX.charCodeAt(byte >> 4)
      bytes[at++] = HEX.charCodeAt(byte & 15)
    }
  }
  bytes[at++] = QUOTE
  out.length = at
}

/** Newlines of JSON stand between its tokens only, so a blank says the same. */
function writeOnOneLine(out: ByteWriter, source: Uint8Array, start: number, end: number): void {
  out.reserve(end - start)
  const { bytes } = out
  let at = out.length
  for (let i = start; i < end; i++) bytes[at++] = source[i] === 10 || source[i] === 13 ? 32 : source[i]
  out.length = at
}
