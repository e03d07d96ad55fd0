import { readBase64, readJsonObject } from '../http/json-request.js'
import { RefusedError } from '../http/refusal.js'

/** What Firehose delivers in one request. */
export interface DeliveryRequest {
  readonly requestId: string
  readonly records: readonly Buffer[]
}

const MAXIMUM_ATTRIBUTES = 50

/** Reads the body of a delivery: `{"requestId", "timestamp", "records": [{"data": base64}]}`. Throws a RefusedError. */
export function readDelivery(body: Buffer, headerRequestId: string | undefined): DeliveryRequest {
  const given = parseObject(body, 'the body')
  const { requestId, records } = given
  if (typeof requestId !== 'string' || requestId === '' || requestId.length > 255) throw new RefusedError(400, 'requestId must be a text')
  if (headerRequestId !== undefined && headerRequestId !== requestId) throw new RefusedError(400, 'requestId is not the one of X-Amz-Firehose-Request-Id')
  if (!Array.isArray(records) || records.length === 0) throw new RefusedError(400, 'records must be a list of at least one')
  return {
    requestId,
    records: (records as unknown[]).map((record, i) => {
      const data = readBase64(typeof record === 'object' && record !== null ? (record as { data?: unknown }).data : undefined)
      if (data === undefined) throw new RefusedError(400, `records[${i}].data is no base64`)
      return data
    }),
  }
}

/** Reads `X-Amz-Firehose-Common-Attributes`: `{"commonAttributes": {name: value}}`. Throws a RefusedError. */
export function readCommonAttributes(header: string | undefined): Readonly<Record<string, string>> {
  if (header === undefined) return {}
  const { commonAttributes } = parseObject(Buffer.from(header), 'X-Amz-Firehose-Common-Attributes')
  const entries = typeof commonAttributes === 'object' && commonAttributes !== null ? Object.entries(commonAttributes as object) : undefined
  if (entries === undefined || entries.length > MAXIMUM_ATTRIBUTES || entries.some(([, value]) => typeof value !== 'string')) {
    throw new RefusedError(400, `commonAttributes must be up to ${MAXIMUM_ATTRIBUTES} texts by name`)
  }
  return Object.fromEntries(entries) as Record<string, string>
}

const OPEN = 0x7b
const CLOSE = 0x7d
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d])

/** Adds a member to a record that is a JSON object; any other record stays as it is. */
export function addMember(record: Buffer, name: string, value: object): Buffer {
  const open = record.findIndex((byte) => !SPACES.has(byte))
  if (open < 0 || record[open] !== OPEN) return record
  const next = record.subarray(open + 1).find((byte) => !SPACES.has(byte))
  const member = `${JSON.stringify(name)}:${JSON.stringify(value)}${next === CLOSE ? '' : ','}`
  return Buffer.concat([record.subarray(0, open + 1), Buffer.from(member), record.subarray(open + 1)])
}

function parseObject(text: Buffer, what: string): Readonly<Record<string, unknown>> {
  const value = readJsonObject(text)
  if (value === undefined) throw new RefusedError(400, `${what} is no JSON object`)
  return value
}
