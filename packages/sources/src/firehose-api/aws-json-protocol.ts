import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '@standpipe/core'
import type { Admitted } from '../http/admission.js'
import { refuseWebPages } from '../http/authorize.js'
import { readBody } from '../http/read-body.js'
import type { Answer, RequestProtocol } from '../http/record-server.js'
import { AwsRefusal, awsCodeOf } from './aws-refusal.js'
import type { SignatureCheck } from './sigv4.js'

/** An operation: given the body of a request, resolves to what is answered, or rejects with a RefusedError. */
export type Operation = (body: Buffer) => Promise<object>

/** What speaking Firehose's API needs. */
export interface AwsJsonParts {
  /** By name: `PutRecord`. */
  readonly operations: Readonly<Record<string, Operation>>
  /** What is said of another operation. */
  readonly unknownOperation: string
  readonly clock: Clock
  readonly bodyBytes: number
  /** Undefined where requests need not be signed; web pages are refused then. */
  readonly signatures: SignatureCheck | undefined
}

const TARGET = /^Firehose_20150804\.(\w+)$/
const CONTENT_TYPE = 'application/x-amz-json-1.1'

/** Firehose's API over the wire: JSON 1.1, the operation in `X-Amz-Target`, Signature Version 4 (facts: aws-semantics.md A.1). */
export function awsJsonProtocol({ operations, unknownOperation, clock, bodyBytes, signatures }: AwsJsonParts): RequestProtocol {
  return {
    async accept(request, enter, proceed): Promise<Answer> {
      if (signatures === undefined) refuseWebPages(request.headers)
      const operation = operations[operationOf(request, operations, unknownOperation)]
      const signature = signatures?.read(signedPartOf(request), clock.now())
      const admitted = enter()
      proceed()
      const body = await readBoundedBody(request, admitted, bodyBytes)
      if (signature !== undefined) signatures?.verify(signedPartOf(request), signature, body)
      return { status: 200, body: await operation(body), headers: answerHeaders() }
    },
    refusal(error): Answer {
      return { status: error.status, body: { __type: awsCodeOf(error), message: error.reason }, headers: { ...answerHeaders(), ...error.more.headers } }
    },
  }
}

function operationOf(request: IncomingMessage, operations: AwsJsonParts['operations'], unknownOperation: string): string {
  if (request.method !== 'POST') throw new AwsRefusal('UnknownOperationException', 'requests are sent by POST')
  const target = [request.headers['x-amz-target']].flat()[0] ?? ''
  const operation = TARGET.exec(target)?.[1]
  if (operation === undefined || !Object.hasOwn(operations, operation)) throw new AwsRefusal('UnknownOperationException', unknownOperation)
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
