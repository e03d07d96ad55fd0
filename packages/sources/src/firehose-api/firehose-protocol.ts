import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '@standpipe/core'
import type { Admitted } from '../http/admission.js'
import { appendRecords } from '../http/append-records.js'
import { readBody } from '../http/read-body.js'
import type { Answer, RequestProtocol } from '../http/record-server.js'
import type { RefusedError } from '../http/refusal.js'
import type { Journal } from '../journal/journal.js'
import { packRecords } from '../journal/pack-records.js'
import { AwsRefusal, awsCodeOf } from './aws-refusal.js'
import { describeStream, listStreams, type DescribedStreams } from './describe-streams.js'
import { parseObject, readPutRecord, readPutRecordBatch, readStreamName, type PutRequest } from './put-records.js'
import type { SignatureCheck } from './sigv4.js'

/** What the protocol of the source `firehose-api` needs. */
export interface FirehoseProtocolParts {
  readonly journal: Journal
  readonly clock: Clock
  readonly lanes: number
  readonly bodyBytes: number
  /** The delivery streams that records may be sent to, with the name of each one's record stream in the journal. */
  readonly streams: ReadonlyMap<string, string>
  readonly described: DescribedStreams
  /** Undefined where requests need not be signed. */
  readonly signatures: SignatureCheck | undefined
}

const TARGET = /^Firehose_20150804\.(\w+)$/
const CONTENT_TYPE = 'application/x-amz-json-1.1'
/** Firehose's own are longer; all that counts is that they are opaque and differ. */
const RECORD_ID_BYTES = 18

/** Firehose's API over the wire: JSON 1.1, the operation in `X-Amz-Target`, Signature Version 4 (facts: aws-semantics.md A.1, A.2). */
export function firehoseProtocol(parts: FirehoseProtocolParts): RequestProtocol {
  let requests = 0
  const put = async ({ deliveryStreamName, records }: PutRequest): Promise<string[]> => {
    const stream = parts.streams.get(deliveryStreamName)
    if (stream === undefined) throw notFound(deliveryStreamName, parts.described)
    const lane = requests++ % parts.lanes
    await appendRecords({ stream, records: packRecords(records.map((payload) => ({ lane, payload }))) }, undefined, parts)
    const ids = randomBytes(records.length * RECORD_ID_BYTES)
    return records.map((_, i) => ids.toString('base64', i * RECORD_ID_BYTES, (i + 1) * RECORD_ID_BYTES))
  }
  const operations: Readonly<Record<string, (body: Buffer) => Promise<object>>> = {
    async PutRecord(body) {
      const [RecordId] = await put(readPutRecord(body))
      return { RecordId, Encrypted: false }
    },
    async PutRecordBatch(body) {
      const ids = await put(readPutRecordBatch(body))
      return { FailedPutCount: 0, Encrypted: false, RequestResponses: ids.map((RecordId) => ({ RecordId })) }
    },
    async DescribeDeliveryStream(body) {
      const name = readStreamName(parseObject(body))
      if (!parts.streams.has(name)) throw notFound(name, parts.described)
      return describeStream(name, parts.described)
    },
    async ListDeliveryStreams(body) {
      return listStreams([...parts.streams.keys()], parseObject(body))
    },
  }

  return {
    async accept(request, enter, proceed): Promise<Answer> {
      const operation = operationOf(request, Object.keys(operations))
      const signature = parts.signatures?.read(signedPartOf(request), parts.clock.now())
      const admitted = enter()
      proceed()
      const body = await readBoundedBody(request, admitted, parts.bodyBytes)
      if (signature !== undefined) parts.signatures?.verify(signedPartOf(request), signature, body)
      return { status: 200, body: await operations[operation](body), headers: answerHeaders() }
    },
    refusal(error): Answer {
      return { status: error.status, body: { __type: awsCodeOf(error), message: error.reason }, headers: { ...answerHeaders(), ...error.more.headers } }
    },
  }
}

function operationOf(request: IncomingMessage, known: readonly string[]): string {
  if (request.method !== 'POST') throw new AwsRefusal('UnknownOperationException', 'requests are sent by POST')
  const target = [request.headers['x-amz-target']].flat()[0] ?? ''
  const operation = TARGET.exec(target)?.[1]
  if (operation === undefined || !known.includes(operation)) {
    throw new AwsRefusal('UnknownOperationException', `this endpoint takes ${known.join(', ')}; what a delivery stream does is in the pipeline file`)
  }
  return operation
}

async function readBoundedBody(request: IncomingMessage, admitted: Admitted, bodyBytes: number): Promise<Buffer> {
  const body = await readBody(request, { bodyBytes, decompressedBytes: bodyBytes }, (bytes) => admitted.hold(bytes))
  // The decoded records are beside the body until they are in the journal.
  admitted.hold(body.length)
  return body
}

function signedPartOf({ method, url, headers }: IncomingMessage) {
  return { method: method ?? '', target: url ?? '/', headers }
}

function answerHeaders(): Record<string, string> {
  return { 'Content-Type': CONTENT_TYPE, 'x-amzn-RequestId': randomUUID() }
}

function notFound(name: string, { accountId }: DescribedStreams): RefusedError {
  return new AwsRefusal('ResourceNotFoundException', `Firehose ${name} under account ${accountId} not found.`)
}
