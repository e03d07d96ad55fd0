import type { DecodePolicy, Decoder } from '@standpipe/core/component'
import type { Columns, PayloadBlock, RecordSet, Schema } from '@standpipe/core/model'
import { takeRecords } from '../../values/take-records.js'
import { PlainReader } from '../plain-reader.js'
import { canScan, ScanCompiler } from './compile-scan.js'
import { FAILED, isSpace, skipSpace } from './json-bytes.js'
import type { ObjectMembers } from './object-scan.js'
import { ScanInput } from './scan-input.js'

/**
 * The fast reader: compiled from the schema, it goes over the bytes of the records once and writes what they stand for straight into
 * columns. It takes only records that are what the schema says; all others, and sets whose payloads lie apart, are left to the
 * plain reader, so that what is refused, and why, is the same. Undefined for a schema that it does not support: one whose
 * fields read one name twice, or a name with lone surrogates. Throws as the plain reader.
 */
export function createJsonScanner(schema: Schema, policy: DecodePolicy): Decoder | undefined {
  const plain = new PlainReader(schema, policy)
  if (!canScan(plain.fields)) return undefined
  const scan = new RecordScan(plain, policy)
  return {
    decode(records) {
      const { rows, attempt, take } = plain.open(records.count)
      return takeRecords(rows, records, attempt, take, isBlock(records) ? scan.open(rows, records) : undefined)
    },
  }
}

/** So many records in a row that do not scan, and only one of {@link RETRY_EVERY} is tried, until one does. */
const GIVE_UP_AFTER = 64
const RETRY_EVERY = 16

class RecordScan {
  private readonly input = new ScanInput()
  private readonly members: ObjectMembers

  constructor(
    private readonly plain: PlainReader,
    policy: DecodePolicy,
  ) {
    this.members = new ScanCompiler(this.input, policy.unknownFields).compileMembers(plain.fields, '', 1)
  }

  /** Scans a record into a row; gives the number of its unknown fields, or FAILED. */
  open(rows: Columns, { bytes, starts, ends }: PayloadBlock): (record: number, row: number) => number {
    const { input, members, plain } = this
    const rest = plain.restColumn(rows)
    let failures = 0
    input.use(bytes)
    members.bind(plain.fieldColumns(rows))
    return (record, row) => {
      if (failures >= GIVE_UP_AFTER && record % RETRY_EVERY !== 0) return FAILED
      if (!this.scan(starts[record], ends[record], row)) {
        failures++
        return FAILED
      }
      failures = 0
      if (rest !== undefined) rest.valid[row] = 0
      return input.unknownFields
    }
  }

  private scan(start: number, end: number, row: number): boolean {
    const { input, members } = this
    const { bytes } = input
    input.end = end
    input.unknownFields = 0
    let at = start
    while (at < end && isSpace(bytes[at])) at++
    at = members.scan(bytes, at, row)
    // A text that is cut off may be completed by what follows it in the buffer.
    if (at === FAILED || at > end) return false
    return at === end || skipSpace(bytes, at) >= end
  }
}

function isBlock(records: RecordSet): records is PayloadBlock {
  const { bytes, starts, ends } = records as Partial<PayloadBlock>
  return bytes !== undefined && starts !== undefined && ends !== undefined
}
