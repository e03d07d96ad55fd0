import type { IncomingMessage } from 'node:http'
import type { Clock } from '@standpipe/core'
import { recordBytes } from '../journal/entry.js'
import type { Journal } from '../journal/journal.js'
import type { Place } from '../journal/place.js'
import type { Settlement } from '../journal/settlement.js'
import type { Admitted } from './admission.js'
import { appendRecords, fingerprint } from './append-records.js'
import type { Authorize } from './authorize.js'
import type { BodyFormat } from './body-format.js'
import type { PartitionKeyPlace } from './http-config.js'
import { parseBody, type ParsedBody } from './parse-body.js'
import { checkBodyHeaders, decompressBody, readBody, type BodyLimits } from './read-body.js'
import type { Answer, RequestProtocol } from './record-server.js'
import { RefusedError } from './refusal.js'

/** What a request is answered with when its records are kept. */
interface Acceptance {
  readonly accepted: number
  readonly rejected: readonly { readonly index: number; readonly reason: string }[]
  /** How many were rejected in all, where not all are listed. */
  readonly rejectedTotal?: number
}

/** One path that takes records. */
export interface RecordStream {
  /** Name of the stream in the journal; empty where there is only one. */
  readonly name: string
  readonly partitionKey: PartitionKeyPlace | undefined
  readonly format: BodyFormat
}

/** What accepting a request needs. */
export interface AcceptParts {
  readonly journal: Journal
  readonly clock: Clock
  readonly lanes: number
  readonly body: BodyLimits
  readonly recordBytes: number
  readonly maxRecords: number
  readonly refuseBadRecords: boolean
  /** Where requests wait until the sinks have published: what tells that, and for how long. */
  readonly delivered: { readonly settlement: Settlement; readonly maxWaitMs: number; readonly signal: AbortSignal } | undefined
}

/** The protocol of the source `http`: each path takes records by POST. */
export function httpProtocol(streams: ReadonlyMap<string, RecordStream>, authorize: Authorize, parts: AcceptParts): RequestProtocol {
  return {
    async accept(request, enter, proceed): Promise<Answer> {
      authorize(request.headers)
      const stream = streams.get((request.url ?? '/').split('?', 1)[0])
      if (stream === undefined) throw new RefusedError(404, 'no records are taken at this path')
      if (request.method !== 'POST') throw new RefusedError(405, 'records are sent with POST', { headers: { Allow: 'POST' } })
      return { status: 200, body: await acceptRequest(request, stream, enter(), parts, proceed) }
    },
    refusal: ({ status, reason, more }) => ({ status, body: { error: reason }, headers: more.headers }),
  }
}

const LISTED_REJECTIONS = 1_000
const MAX_KEY_LENGTH = 255

/**
 * Takes the records of one request into the journal. Resolves when they are durable, or delivered, as configured;
 * rejects with a RefusedError. `admitted` has left when nothing of the body is needed any more.
 */
async function acceptRequest(request: IncomingMessage, stream: RecordStream, admitted: Admitted, parts: AcceptParts, proceed: () => void): Promise<Acceptance> {
  const contentType = request.headers['content-type']
  const reading = stream.format.reading(contentType)
  checkBodyHeaders(request, parts.body)
  const key = idempotencyKey(request, stream)
  proceed()
  const hold = (bytes: number): void => admitted.hold(bytes)
  const body = await decompressBody(await readBody(request, parts.body, hold), request, parts.body, hold)
  const parsed = await parseBody(body, reading, {
    recordBytes: parts.recordBytes,
    maxRecords: parts.maxRecords,
    lanes: parts.lanes,
    keepBadRecords: !parts.refuseBadRecords,
    partitionKey: stream.partitionKey,
    headerValue: (name) => [request.headers[name.toLowerCase()]].flat()[0],
    hold,
  })
  const { header, records } = parsed
  if (records.count === 0) {
    if (parsed.count > 0) throw new RefusedError(400, `no record of the ${parsed.count} can be read`)
    return acceptance(parsed)
  }
  // The journal makes a copy.
  hold(recordBytes(records))
  const place = await appendRecords({ stream: stream.name, header, records }, key === undefined ? undefined : { key, fingerprint: fingerprint(contentType ?? '', body) }, parts)
  admitted.leave()
  if (parts.delivered !== undefined) await untilDelivered(place, parts.delivered, parts.clock)
  return acceptance(parsed)
}

function acceptance({ count, problems }: ParsedBody): Acceptance {
  const rejected: { index: number; reason: string }[] = []
  for (const [index, { message }] of problems) {
    if (rejected.length === LISTED_REJECTIONS) break
    rejected.push({ index, reason: message })
  }
  const accepted = count - problems.size
  return problems.size === rejected.length ? { accepted, rejected } : { accepted, rejected, rejectedTotal: problems.size }
}

async function untilDelivered(place: Place, { settlement, maxWaitMs, signal }: NonNullable<AcceptParts['delivered']>, clock: Clock): Promise<void> {
  const over = new AbortController()
  const settled = settlement.wait(place, AbortSignal.any([signal, over.signal]))
  clock.sleep(maxWaitMs, over.signal).then(
    () => over.abort(new RefusedError(504, 'the records are kept and will be delivered, but were not within maxWait; ask again with the same Idempotency-Key')),
    () => undefined, // delivered in time
  )
  try {
    await settled
  } finally {
    over.abort(new Error('answered'))
  }
}

function idempotencyKey(request: IncomingMessage, stream: RecordStream): string | undefined {
  const key = [request.headers['idempotency-key']].flat()[0]
  if (key === undefined) return undefined
  if (key === '' || key.length > MAX_KEY_LENGTH) throw new RefusedError(400, `an Idempotency-Key has 1 to ${MAX_KEY_LENGTH} characters`)
  return `${stream.name}\n${key}`
}
