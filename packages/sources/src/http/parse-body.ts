import { setImmediate } from 'node:timers/promises'
import { formatSize } from '@standpipe/core'
import type { EntryRecords } from '../journal/entry.js'
import { laneOf } from '../journal/lanes.js'
import { DetailWriter, type RecordProblem } from '../journal/record-details.js'
import type { BodyReading } from './body-reading.js'
import type { PartitionKeyPlace } from './http-config.js'
import { RecordRanges, TURN_BYTES } from './record-ranges.js'
import { RefusedError } from './refusal.js'

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
}

/** Cuts a body into records and checks each. Throws a RefusedError: 400 where the body as a whole cannot be read, 413 for too many records. */
export async function parseBody(body: Buffer, reading: BodyReading, options: ParseOptions): Promise<ParsedBody> {
  const ranges = new RecordRanges(body.length, options.maxRecords)
  const isOneRecord = reading.isOneRecord(body)
  if (isOneRecord) {
    if (body.length === 0) throw new RefusedError(400, 'the body is empty')
    ranges.add(0, body.length)
  }
  const { areRead, problem } = isOneRecord ? NOT_READ : await reading.cut(body, ranges, options.recordBytes)
  if (problem !== undefined) throw new RefusedError(400, `the body is cut off: ${problem}`)
  const header = reading.hasHeader && ranges.count > 0 ? headerOf(body, reading, ranges) : undefined
  const problems = areRead ? NONE : await problemsOf(body, reading, ranges, header, options.recordBytes)
  if (isOneRecord && problems.get(0)?.code === PARSE_ERROR) throw new RefusedError(400, `the body is ${problems.get(0)?.message}`)
  const { count } = ranges
  if (!options.keepBadRecords && problems.size > 0) ranges.keep((index) => !problems.has(index))
  const kept = options.keepBadRecords ? problems : NONE
  return { header, records: await placeRecords(body, reading, ranges, header, kept, options), count, problems }
}

const NOT_READ = { areRead: false, problem: undefined }
const NONE: ReadonlyMap<number, RecordProblem> = new Map()
const PARSE_ERROR = 'DataFormatConversion.ParseError'

function headerOf(body: Buffer, reading: BodyReading, ranges: RecordRanges): readonly string[] | undefined {
  const { start, end } = ranges.takeFirst()
  return reading.readHeader?.(body.subarray(start, end))
}

async function problemsOf(
  body: Buffer,
  reading: BodyReading,
  { starts, ends, count }: RecordRanges,
  header: readonly string[] | undefined,
  recordBytes: number,
): Promise<ReadonlyMap<number, RecordProblem>> {
  const problems = new Map<number, RecordProblem>()
  let turnAt = TURN_BYTES
  for (let i = 0; i < count; i++) {
    const [start, end] = [starts[i], ends[i]]
    if (end - start > recordBytes) {
      problems.set(i, { code: 'Source.RecordTooLarge', message: `the record has ${formatSize(end - start)}, more than ${formatSize(recordBytes)} (limits.record)` })
      continue
    }
    const message = reading.problemOf(body, start, end, header)
    if (message !== undefined) problems.set(i, { code: PARSE_ERROR, message })
    if (end < turnAt) continue
    turnAt = end + TURN_BYTES
    await setImmediate()
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
  { partitionKey, headerValue, lanes }: ParseOptions,
): Promise<EntryRecords> {
  const placed = { count, bytes: body, starts, ends }
  if (partitionKey === undefined && problems.size === 0) return placed
  const field = partitionKey !== undefined && 'field' in partitionKey ? partitionKey.field : undefined
  const shared = partitionKey !== undefined && 'header' in partitionKey ? headerValue(partitionKey.header) : undefined
  const laneNumbers = new Uint16Array(count)
  const details = new DetailWriter(count)
  let turnAt = TURN_BYTES
  for (let i = 0; i < count; i++) {
    const problem = problems.get(i)
    const key = field === undefined || problem !== undefined ? shared : reading.fieldOf(body, starts[i], ends[i], header, field)
    if (problem !== undefined) details.problem(i, key, problem)
    else if (key !== undefined) details.key(i, key)
    laneNumbers[i] = laneOf(key, lanes)
    if (ends[i] < turnAt) continue
    turnAt = ends[i] + TURN_BYTES
    await setImmediate()
  }
  return { ...placed, lanes: laneNumbers, details: details.finish() }
}
