import type { Batch, Column, TimePattern } from '../../model/index.js'
import { columnAt, type FieldPath } from '../field-path.js'
import { DEFAULT_PARTITION } from './escape-value.js'
import { codesByKey, type KeyCodes, type PartitionKey } from './partition-key.js'

/** Beyond these, microseconds are no longer exact as a number; such instants are formatted one by one. */
const MAX_EXACT_HIGH_WORD = 2 ** 20

/** `!{event:FIELD:pattern}`: a timestamp or date of the record, written with the pattern. A date is its midnight, so its pattern must be in UTC. */
export function eventKey(path: FieldPath, pattern: TimePattern): PartitionKey {
  return {
    codes(batch) {
      const column = columnAt(batch.rows, path)
      return column.storage === 'int32' ? codesOfDates(batch, column, pattern) : codesOfTimestamps(batch, column, pattern)
    },
  }
}

/** `!{arrival:pattern}`: when the source received the record, written with the pattern. */
export function arrivalKey(pattern: TimePattern): PartitionKey {
  return {
    codes: (batch) =>
      codesByKey(
        batch,
        (row) => localUnit(pattern, batch.records.arrival(batch.recordAt(row)) / 1000),
        (_, row) => pattern.format(BigInt(Math.floor(batch.records.arrival(batch.recordAt(row)) * 1000))),
      ),
  }
}

function codesOfDates(batch: Batch, column: Extract<Column, { storage: 'int32' }>, pattern: TimePattern): KeyCodes {
  return codesByKey(
    batch,
    (row) => (column.valid[row] === 0 ? undefined : column.values[row]),
    (days) => (days === undefined ? DEFAULT_PARTITION : pattern.format(BigInt(days) * 86_400_000_000n)),
  )
}

/** Rows are numbered by the day, hour, … on the zone's clocks that the pattern tells apart, so that few are ever formatted. */
function codesOfTimestamps(batch: Batch, column: Column, pattern: TimePattern): KeyCodes {
  if (column.storage !== 'int64') throw new TypeError('a timestamp column holds 64-bit integers')
  const { valid, values } = column
  // Two 32-bit words instead of a bigint a row; typed arrays are little-endian wherever Node runs.
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  return codesByKey<number | bigint>(
    batch,
    (row) => {
      if (valid[row] === 0) return undefined
      const high = words[row * 2 + 1]
      if (high >= MAX_EXACT_HIGH_WORD || high < -MAX_EXACT_HIGH_WORD) return values[row]
      return localUnit(pattern, (high * 4_294_967_296 + (words[row * 2] >>> 0)) / 1e6)
    },
    (key, row) => (key === undefined ? DEFAULT_PARTITION : pattern.format(values[row])),
  )
}

/** What the pattern tells apart, as a number: instants with the same one are written the same. */
function localUnit(pattern: TimePattern, seconds: number): number {
  if (pattern.unitSeconds === 0) return seconds
  const whole = Math.floor(seconds)
  return Math.floor((whole + pattern.zone.offsetAt(whole)) / pattern.unitSeconds)
}
