import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a record that a {@link FirehoseServer} is sent; undefined: it is kept. */
export type RefuseRecord = (text: string, attempt: number) => 'ServiceUnavailableException' | 'InternalFailure' | undefined

/** A server that takes PutRecordBatch as Firehose does, holds it to Firehose's limits, and keeps what it was sent. */
export interface FirehoseServer {
  readonly endpoint: string
  /** By delivery stream: the texts of the records, as sent, in the order they were kept. */
  readonly kept: ReadonlyMap<string, readonly string[]>
  /** Number of records of each request, in order. */
  readonly requests: readonly number[]
  /** Asked for each record; may be replaced at any time. */
  refuse: RefuseRecord
  close(): Promise<void>
}

const MAXIMUM_RECORDS = 500
const MAXIMUM_REQUEST_BYTES = 4 * 1024 * 1024
const MAXIMUM_RECORD_BYTES = 1_024_000

/** Starts a {@link FirehoseServer} on loopback; delivery streams named `missing…` do not exist. */
export async function startFirehoseServer(): Promise<FirehoseServer> {
  const kept = new Map<string, string[]>()
  const requests: number[] = []
  const attempts = new Map<string, number>()
  const state: { refuse: RefuseRecord } = { refuse: () => undefined }

  const answer = (target: string, body: string): { status: number; body: object } => {
    if (target !== 'Firehose_20150804.PutRecordBatch') return { status: 400, body: { __type: 'UnknownOperationException', message: target } }
    const { DeliveryStreamName: name, Records } = JSON.parse(body) as { DeliveryStreamName: string; Records: { Data: string }[] }
    if (name.startsWith('missing')) return { status: 400, body: { __type: 'ResourceNotFoundException', message: `no delivery stream ${name}` } }
    const records = Records.map(({ Data }) => Buffer.from(Data, 'base64'))
    const bytes = records.reduce((sum, record) => sum + record.length, 0)
    if (records.length > MAXIMUM_RECORDS || bytes > MAXIMUM_REQUEST_BYTES || records.some(({ length }) => length > MAXIMUM_RECORD_BYTES)) {
      return { status: 400, body: { __type: 'InvalidArgumentException', message: 'over the limits' } }
    }
    requests.push(records.length)
    const of = kept.get(name) ?? []
    kept.set(name, of)
    let failed = 0
    const RequestResponses = records.map((record) => {
      const text = record.toString()
      const attempt = (attempts.get(text) ?? 0) + 1
      attempts.set(text, attempt)
      const code = state.refuse(text, attempt)
      if (code === undefined) return { RecordId: `${of.push(text)}` }
      failed += 1
      return { ErrorCode: code, ErrorMessage: 'slow down' }
    })
    return { status: 200, body: { FailedPutCount: failed, Encrypted: false, RequestResponses } }
  }

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { status, body: answered } = answer(String(request.headers['x-amz-target']), body)
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answered))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kept,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
