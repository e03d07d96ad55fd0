import { setImmediate } from 'node:timers/promises'
import { formatSize } from '@standpipe/core'
import type { BodyReading } from './body-format.js'
import type { PartitionKeyPlace } from './http-config.js'
import { RefusedError } from './refusal.js'

/** A record of a body. */
export interface BodyRecord {
  readonly payload: Uint8Array
  readonly partitionKey: string | undefined
  /** Why it cannot be read; never holds anything of the record. */
  readonly problem: { readonly code: string; readonly message: string } | undefined
}

/** The records of a body, in their order. */
export interface ParsedBody {
  readonly header: readonly string[] | undefined
  readonly records: readonly BodyRecord[]
}

/** What parsing needs to know of the request. */
export interface ParseOptions {
  readonly recordBytes: number
  readonly partitionKey: PartitionKeyPlace | undefined
  headerValue(name: string): string | undefined
}

/** Bytes read between turns of the event loop. */
const TURN_BYTES = 1024 * 1024

/** Cuts a body into records and checks each. Throws a RefusedError of 400 where the body as a whole cannot be read. */
export async function parseBody(body: Buffer, reading: BodyReading, options: ParseOptions): Promise<ParsedBody> {
  const records: BodyRecord[] = []
  let header: readonly string[] | undefined
  const key = options.partitionKey
  const shared = key !== undefined && 'header' in key ? options.headerValue(key.header) : undefined
  const take = (payload: Buffer): void => {
    if (reading.hasHeader && header === undefined) header = reading.readHeader(payload)
    else records.push(inspect(payload, reading, header, options, shared))
  }
  if (reading.framer === undefined) {
    if (body.length === 0) throw new RefusedError(400, 'the body is empty')
    const record = inspect(body, reading, undefined, options, shared)
    if (record.problem?.code === PARSE_ERROR) throw new RefusedError(400, `the body is ${record.problem.message}`)
    return { header, records: [record] }
  }
  for (let at = 0; at < body.length; at += TURN_BYTES) {
    if (at > 0) await setImmediate()
    const { bytes, starts, ends } = reading.framer.push(body.subarray(at, at + TURN_BYTES))
    for (let i = 0; i < starts.length; i++) take(asBuffer(bytes.subarray(starts[i], ends[i])))
  }
  const { bytes, starts, ends, problem } = reading.framer.end()
  if (problem !== undefined) throw new RefusedError(400, `the body is cut off: ${problem}`)
  for (let i = 0; i < starts.length; i++) take(asBuffer(bytes.subarray(starts[i], ends[i])))
  return { header, records }
}

const PARSE_ERROR = 'DataFormatConversion.ParseError'

function inspect(payload: Buffer, reading: BodyReading, header: readonly string[] | undefined, options: ParseOptions, shared: string | undefined): BodyRecord {
  if (payload.length > options.recordBytes) {
    const message = `the record has ${formatSize(payload.length)}, more than ${formatSize(options.recordBytes)} (limits.record)`
    return { payload, partitionKey: shared, problem: { code: 'Source.RecordTooLarge', message } }
  }
  const found = reading.inspect(payload, header)
  if ('problem' in found) return { payload, partitionKey: shared, problem: { code: PARSE_ERROR, message: found.problem } }
  const key = options.partitionKey
  const partitionKey = key !== undefined && 'field' in key ? keyText(found.field(key.field)) : shared
  return { payload, partitionKey, problem: undefined }
}

function keyText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
