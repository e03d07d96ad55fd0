import type { IncomingMessage } from 'node:http'
import type { Clock } from '@standpipe/core'
import { appendRecords, fingerprint } from '../http/append-records.js'
import { acceptsOneOf, refuseWebPages } from '../http/authorize.js'
import { decompressBody, readBody, type BodyLimits } from '../http/read-body.js'
import type { Answer, RequestProtocol } from '../http/record-server.js'
import { RefusedError } from '../http/refusal.js'
import type { Journal } from '../journal/journal.js'
import { packRecords } from '../journal/pack-records.js'
import { addMember, readCommonAttributes, readDelivery } from './delivery-request.js'

/** What the protocol of the source `firehose-endpoint` needs. */
export interface EndpointProtocolParts {
  readonly journal: Journal
  readonly clock: Clock
  readonly lanes: number
  readonly body: BodyLimits
  readonly path: string
  /** Undefined where requests need no key. */
  readonly accessKeys: readonly string[] | undefined
  /** Member under which JSON records get the common attributes; undefined leaves them out. */
  readonly attributesInto: string | undefined
}

const VERSION = '1.0'

/**
 * Firehose's delivery to HTTP endpoints, from the receiver's side (facts: aws-semantics.md A.14). Firehose takes 413 for
 * good and drops the records, so nothing is ever answered with it; whatever else is no 200, it sends again under the same
 * request id, which is kept with the records: they are there once.
 */
export function endpointProtocol(parts: EndpointProtocolParts): RequestProtocol {
  const isAccessKey = parts.accessKeys === undefined ? undefined : acceptsOneOf(parts.accessKeys)
  const requestIds = new WeakMap<RefusedError, string>()
  let requests = 0

  const deliver = async (request: IncomingMessage, body: Buffer): Promise<string> => {
    const { requestId, records } = readDelivery(body, headerOf(request, 'x-amz-firehose-request-id'))
    const attributes = readCommonAttributes(headerOf(request, 'x-amz-firehose-common-attributes'))
    const lane = requests++ % parts.lanes
    const payloads = parts.attributesInto === undefined ? records : records.map((record) => addMember(record, parts.attributesInto ?? '', attributes))
    const key = { key: `firehose\n${requestId}`, fingerprint: fingerprint(...payloads) }
    await appendRecords({ stream: '', records: packRecords(payloads.map((payload) => ({ lane, payload }))) }, key, parts)
    return requestId
  }

  const answer = (status: number, requestId: string, more: object = {}, headers: Readonly<Record<string, string>> = {}): Answer => ({
    status,
    body: { requestId, timestamp: parts.clock.now(), ...more },
    headers,
  })

  return {
    async accept(request, enter, proceed): Promise<Answer> {
      try {
        checkHead(request, parts.path)
        if (isAccessKey === undefined) refuseWebPages(request.headers)
        else if (!isAccessKey(headerOf(request, 'x-amz-firehose-access-key') ?? '')) throw new RefusedError(401, 'X-Amz-Firehose-Access-Key is not one that is valid here')
        const admitted = enter()
        proceed()
        const hold = (bytes: number): void => admitted.hold(bytes)
        const body = await decompressBody(await readBody(request, parts.body, hold), request, parts.body, hold)
        // The decoded records are beside the body until they are in the journal.
        hold(body.length)
        return answer(200, await deliver(request, body))
      } catch (error) {
        if (error instanceof RefusedError) requestIds.set(error, headerOf(request, 'x-amz-firehose-request-id') ?? '')
        throw error
      }
    },
    refusal(error): Answer {
      const status = error.status === 413 || error.status === 422 ? 400 : error.status === 429 ? 503 : error.status
      return answer(status, requestIds.get(error) ?? '', { errorMessage: error.reason }, error.more.headers)
    },
  }
}

function checkHead(request: IncomingMessage, path: string): void {
  if ((request.url ?? '/').split('?', 1)[0] !== path) throw new RefusedError(404, 'Firehose does not deliver at this path')
  if (request.method !== 'POST') throw new RefusedError(405, 'Firehose delivers by POST', { headers: { Allow: 'POST' } })
  const version = headerOf(request, 'x-amz-firehose-protocol-version')
  if (version !== undefined && version !== VERSION) throw new RefusedError(400, `X-Amz-Firehose-Protocol-Version must be ${VERSION}`)
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  return [request.headers[name]].flat()[0]
}
