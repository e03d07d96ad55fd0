import { readBase64, readJsonObject } from '../http/json-request.js'
import { AwsRefusal } from './aws-refusal.js'

/** Firehose's limits of a call (facts: aws-semantics.md A.2); bytes are counted decoded. */
const FIREHOSE_LIMITS = { records: 500, requestBytes: 4 * 1024 * 1024, recordBytes: 1_024_000 } as const

/** What PutRecord and PutRecordBatch ask for. */
export interface PutRequest {
  readonly deliveryStreamName: string
  /** The decoded data of each record; may be empty. */
  readonly records: readonly Buffer[]
}

const NAME = /^[a-zA-Z0-9_.-]{1,64}$/

/** Reads the body of PutRecord. Throws an AwsRefusal in Firehose's words. */
export function readPutRecord(body: Buffer): PutRequest {
  const input = parseObject(body)
  const problems = new Problems()
  const deliveryStreamName = readName(input, problems)
  const data = readData(input.Record, 'record', problems)
  problems.throwIfAny()
  checkLength(data)
  return { deliveryStreamName, records: [data] }
}

/** Reads the body of PutRecordBatch. Throws an AwsRefusal in Firehose's words. */
export function readPutRecordBatch(body: Buffer): PutRequest {
  const input = parseObject(body)
  const problems = new Problems()
  const deliveryStreamName = readName(input, problems)
  const given = input.Records
  if (given !== undefined && given !== null && !Array.isArray(given)) throw new AwsRefusal('SerializationException', 'Records must be a list')
  if (!Array.isArray(given)) problems.add('records', undefined, 'Member must not be null')
  else if (given.length === 0) problems.add('records', '[]', 'Member must have length greater than or equal to 1')
  else if (given.length > FIREHOSE_LIMITS.records) problems.add('records', '[…]', `Member must have length less than or equal to ${FIREHOSE_LIMITS.records}`)
  problems.throwIfAny()
  const records = (given as unknown[]).map((record, i) => readData(record, `records.${i + 1}.member`, problems))
  problems.throwIfAny()
  let bytes = 0
  for (const record of records) {
    checkLength(record)
    bytes += record.length
  }
  if (bytes > FIREHOSE_LIMITS.requestBytes) throw new AwsRefusal('InvalidArgumentException', 'Records size exceeds 4 MB limit')
  return { deliveryStreamName, records }
}

/** Reads a body that must be a JSON object; an empty one is an empty object. */
export function parseObject(body: Buffer): Readonly<Record<string, unknown>> {
  const input = body.length === 0 ? {} : readJsonObject(body)
  if (input === undefined) throw new AwsRefusal('SerializationException', 'the body is no JSON object')
  return input
}

/** Reads `DeliveryStreamName`. */
export function readStreamName(input: Readonly<Record<string, unknown>>): string {
  const problems = new Problems()
  const name = readName(input, problems)
  problems.throwIfAny()
  return name
}

function readName(input: Readonly<Record<string, unknown>>, problems: Problems): string {
  const name = input.DeliveryStreamName
  if (typeof name !== 'string') {
    if (name !== undefined && name !== null) throw new AwsRefusal('SerializationException', 'DeliveryStreamName must be a string')
    problems.add('deliveryStreamName', undefined, 'Member must not be null')
    return ''
  }
  if (!NAME.test(name)) problems.add('deliveryStreamName', name.slice(0, 64), 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+')
  return name
}

function readData(record: unknown, path: string, problems: Problems): Buffer {
  const data = typeof record === 'object' && record !== null ? (record as { Data?: unknown }).Data : undefined
  if (data === undefined || data === null) {
    problems.add(record === undefined || record === null ? path : `${path}.data`, undefined, 'Member must not be null')
    return Buffer.alloc(0)
  }
  const bytes = readBase64(data)
  if (bytes === undefined) throw new AwsRefusal('SerializationException', `${path}.data is no base64`)
  return bytes
}

function checkLength(record: Buffer): void {
  if (record.length > FIREHOSE_LIMITS.recordBytes) {
    throw new AwsRefusal(
      'ValidationException',
      `1 validation error detected: Value at 'record.data' failed to satisfy constraint: Member must have length less than or equal to ${FIREHOSE_LIMITS.recordBytes}`,
    )
  }
}

/** Constraint failures, told all at once and in the form clients know. */
class Problems {
  private readonly found: string[] = []

  add(path: string, value: string | undefined, constraint: string): void {
    const shown = value === undefined ? '' : `'${value}' `
    this.found.push(`Value ${shown}at '${path}' failed to satisfy constraint: ${constraint}`)
  }

  throwIfAny(): void {
    const { length } = this.found
    if (length === 0) return
    throw new AwsRefusal('ValidationException', `${length} validation error${length === 1 ? '' : 's'} detected: ${this.found.join('; ')}`)
  }
}
