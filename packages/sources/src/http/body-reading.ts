import type { RecordRanges } from './record-ranges.js'

/** How the records of a body are cut and checked. Records are told by where they lie in the body. */
export interface BodyReading {
  /** Whether the first record names the columns. */
  readonly hasHeader: boolean
  /** Reads the names in a header record. Throws a RefusedError. */
  readHeader?(record: Buffer): readonly string[]
  /** Whether the whole body is one record. */
  isOneRecord(body: Buffer): boolean
  /** Cuts a body; tells whether all records are known to be right, and what its end left open. */
  cut(body: Buffer, ranges: RecordRanges, maxRecordBytes: number): Promise<{ readonly areRead: boolean; readonly problem?: string }>
  /** Why it is no record; undefined where it is one. Never holds anything of it. */
  problemOf(body: Buffer, start: number, end: number, header: readonly string[] | undefined): string | undefined
  /** A field of a record that is one, as text. */
  fieldOf(body: Buffer, start: number, end: number, header: readonly string[] | undefined, field: string): string | undefined
}
