import type { Clock } from '@standpipe/core'
import { appendRecords } from '../http/append-records.js'
import type { RequestProtocol } from '../http/record-server.js'
import type { Journal } from '../journal/journal.js'
import { packRecords } from '../journal/pack-records.js'
import { awsJsonProtocol, type Operation } from './aws-json-protocol.js'
import { AwsRefusal } from './aws-refusal.js'
import { describeStream, listStreams, type DescribedStreams } from './describe-streams.js'
import { putOperations, type KeepRecords } from './put-operations.js'
import { parseObject, readStreamName } from './put-records.js'
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

/** The part of Firehose's API that the source `firehose-api` takes: puts, and what producers ask before them. */
export function firehoseProtocol(parts: FirehoseProtocolParts): RequestProtocol {
  let requests = 0
  const keep: KeepRecords = async (name, records) => {
    const stream = parts.streams.get(name)
    if (stream === undefined) throw notFound(name, parts.described)
    const lane = requests++ % parts.lanes
    await appendRecords({ stream, records: packRecords(records.map((payload) => ({ lane, payload }))) }, undefined, parts)
  }
  const operations: Readonly<Record<string, Operation>> = {
    ...putOperations(keep),
    async DescribeDeliveryStream(body) {
      const name = readStreamName(parseObject(body))
      if (!parts.streams.has(name)) throw notFound(name, parts.described)
      return describeStream(name, parts.described)
    },
    async ListDeliveryStreams(body) {
      return listStreams([...parts.streams.keys()], parseObject(body))
    },
  }
  return awsJsonProtocol({
    operations,
    unknownOperation: `this endpoint takes ${Object.keys(operations).join(', ')}; what a delivery stream does is in the pipeline file`,
    clock: parts.clock,
    bodyBytes: parts.bodyBytes,
    signatures: parts.signatures,
  })
}

function notFound(name: string, { accountId }: DescribedStreams): AwsRefusal {
  return new AwsRefusal('ResourceNotFoundException', `Firehose ${name} under account ${accountId} not found.`)
}
