import { setImmediate } from 'node:timers/promises'
import { formatSize } from '@standpipe/core'
import type { EntryRecords } from '../journal/entry.js'
import { laneOf } from '../journal/lanes.js'
import { DetailWriter, type RecordProblem } from '../journal/record-details.js'
import type { BodyReading } from './body-reading.js'
import type { PartitionKeyPlace } from './http-config.js'
import { RecordRanges } from './record-ranges.js'
import { RefusedError } from './refusal.js'
import { Turns } from './turns.js'

/** A body as its records, in their order. */
export interface ParsedBody {
  readonly header: readonly string[] | undefined
  /** What is to be kept. */
  readonly records: EntryRecords
  /** How many were sent, bad ones included. */
  readonly count: number
  /** The bad ones, by index among those sent; their texts never hold anything of a record. */
  readonly problems: ReadonlyMap<number, RecordProblem>
}

/** What parsing needs to know of the request and the configuration. */
export interface ParseOptions {
  readonly recordBytes: number
  readonly maxRecords: number
  readonly lanes: number
  /** Bad records are kept to become dead letters; otherwise they are left to the client. */
  readonly keepBadRecords: boolean
  readonly partitionKey: PartitionKeyPlace | undefined
  headerValue(name: string): string | undefined
  /** Counts memory that is taken beside the body; may throw. */
  hold(bytes: number): void
}

/** Memory of a record beside its bytes: where it starts and ends, its lane and its detail. */
const RECORD_BYTES = 20
/** Memory of a problem. */
const PROBLEM_BYTES = 64
/** Memory of the name of a column. */
const NAME_BYTES = 64

/** Cuts a body into records and checks each. Throws a RefusedError: 400 where the body as a whole cannot be read, 413 for too many records. */
export async function parseBody(body: Buffer, reading: BodyReading, options: ParseOptions): Promise<ParsedBody> {
  const ranges = new RecordRanges(body.length, options.maxRecords)
  const isOneRecord = reading.isOneRecord(body)
  if (isOneRecord) {
    if (body.length === 0) throw new RefusedError(400, 'the body is empty')
    if (body.length > options.recordBytes) throw new RefusedError(413, tooLarge(body.length, options.recordBytes))
    ranges.add(0, body.length)
  }
  const { areRead, problem } = isOneRecord ? NOT_READ : await reading.cut(body, ranges, options.recordBytes)
  if (problem !== undefined) throw new RefusedError(400, `the body is cut off: ${problem}`)
  options.hold(ranges.count * RECORD_BYTES)
  const header = reading.hasHeader && ranges.count > 0 ? headerOf(body, reading, ranges, options) : undefined
  const problems = areRead ? NONE : await problemsOf(body, reading, ranges, header, options)
  if (isOneRecord && problems.get(0)?.code === PARSE_ERROR) throw new RefusedError(400, `the body is ${problems.get(0)?.message}`)
  const { count } = ranges
  if (!options.keepBadRecords && problems.size > 0) ranges.keep((index) => !problems.has(index))
  const kept = options.keepBadRecords ? problems : NONE
  return { header, records: await placeRecords(body, reading, ranges, header, kept, options), count, problems }
}

const NOT_READ = { areRead: false, problem: undefined }
const NONE: ReadonlyMap<number, RecordProblem> = new Map()
const PARSE_ERROR = 'DataFormatConversion.ParseError'

function tooLarge(bytes: number, recordBytes: number, what = 'the record'): string {
  return `${what} has ${formatSize(bytes)}, more than ${formatSize(recordBytes)} (limits.record)`
}

function headerOf(body: Buffer, reading: BodyReading, ranges: RecordRanges, { recordBytes, hold }: ParseOptions): readonly string[] | undefined {
  const { start, end } = ranges.takeFirst()
  if (end - start > recordBytes) throw new RefusedError(413, tooLarge(end - start, recordBytes, 'the header row'))
  const names = reading.readHeader?.(body.subarray(start, end))
  hold((names?.length ?? 0) * NAME_BYTES)
  return names
}

async function problemsOf(
  body: Buffer,
  reading: BodyReading,
  { starts, ends, count }: RecordRanges,
  header: readonly string[] | undefined,
  { recordBytes, keepBadRecords, hold }: ParseOptions,
): Promise<ReadonlyMap<number, RecordProblem>> {
  const problems = new Map<number, RecordProblem>()
  const known = new Map<string, RecordProblem>()
  const note = (index: number, code: string, message: string): void => {
    hold(PROBLEM_BYTES)
    const problem = known.get(message) ?? { code, message }
    known.set(message, problem)
    problems.set(index, problem)
  }
  const turns = new Turns()
  for (let i = 0; i < count; i++) {
    const [start, end] = [starts[i], ends[i]]
    if (end - start > recordBytes) {
      note(i, 'Source.RecordTooLarge', tooLarge(end - start, recordBytes) + (keepBadRecords ? `; the dead letter has the first ${formatSize(recordBytes)} of it` : ''))
      ends[i] = start + recordBytes
      continue
    }
    const message = reading.problemOf(body, start, end, header)
    if (message !== undefined) note(i, PARSE_ERROR, message)
    if (turns.isOver(end - start)) await setImmediate()
  }
  return problems
}

/** Gives the records their partition keys and lanes. */
async function placeRecords(
  body: Buffer,
  reading: BodyReading,
  { starts, ends, count }: RecordRanges,
  header: readonly string[] | undefined,
  problems: ReadonlyMap<number, RecordProblem>,
  { partitionKey, headerValue, lanes, hold }: ParseOptions,
): Promise<EntryRecords> {
  const placed = { count, bytes: body, starts, ends }
  if (partitionKey === undefined && problems.size === 0) return placed
  const field = partitionKey !== undefined && 'field' in partitionKey ? partitionKey.field : undefined
  const shared = partitionKey !== undefined && 'header' in partitionKey ? headerValue(partitionKey.header) : undefined
  const laneNumbers = new Uint16Array(count)
  const details = new DetailWriter(count, hold)
  const turns = new Turns()
  for (let i = 0; i < count; i++) {
    const problem = problems.get(i)
    const key = field === undefined || problem !== undefined ? shared : reading.fieldOf(body, starts[i], ends[i], header, field)
    if (problem !== undefined || key !== undefined) details.add(i, key, problem)
    laneNumbers[i] = laneOf(key, lanes)
    if (turns.isOver(ends[i] - starts[i])) await setImmediate()
  }
  return { ...placed, lanes: laneNumbers, details: details.finish() }
}
