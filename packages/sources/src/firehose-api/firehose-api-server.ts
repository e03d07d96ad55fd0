import type { Clock, Logger } from '@standpipe/core'
import type { ServerLimits } from '../http/http-config.js'
import { RecordServer } from '../http/record-server.js'
import { awsJsonProtocol, type Operation } from './aws-json-protocol.js'
import { putOperations, type KeepRecords } from './put-operations.js'
import { parseObject } from './put-records.js'
import { SignatureCheck, type AccessKey } from './sigv4.js'

/** An operation other than the puts: given the members of its input, resolves to its output, or rejects with an AwsRefusal. */
export type ControlOperation = (input: Readonly<Record<string, unknown>>) => Promise<object>

/** What a server of Firehose's whole API is made of. */
export interface FirehoseApiOptions {
  readonly host: string
  readonly port: number
  /** PEM texts. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined
  /** Larger bodies are refused (413). */
  readonly bodyBytes: number
  readonly limits: ServerLimits
  /** Keys that requests must be signed with; undefined lets in whatever runs on this machine. */
  readonly keys: readonly AccessKey[] | undefined
  /** Region that requests must be signed for. */
  readonly region: string
  readonly keep: KeepRecords
  /** By name: `CreateDeliveryStream`. */
  readonly operations: Readonly<Record<string, ControlOperation>>
  readonly clock: Clock
  readonly log: Logger
}

/** A server that listens. */
export interface FirehoseApiServer {
  /** `http://127.0.0.1:4573`. */
  readonly url: string
  /** Takes no more requests; resolves when those being sent are answered. */
  close(): Promise<void>
}

/** Serves Firehose's API: the puts, and the operations given. Rejects with SOURCE_UNREADABLE where the address cannot be had. */
export async function serveFirehoseApi(options: FirehoseApiOptions): Promise<FirehoseApiServer> {
  const { host, port, tls, limits, keys, region, clock, log, bodyBytes } = options
  const operations: Record<string, Operation> = { ...putOperations(options.keep) }
  for (const [name, operation] of Object.entries(options.operations)) operations[name] = (body) => operation(parseObject(body))
  const protocol = awsJsonProtocol({
    operations,
    unknownOperation: `Amazon Data Firehose has no such operation, or it is not served here; there are ${Object.keys(operations).sort().join(', ')}`,
    clock,
    bodyBytes,
    signatures: keys === undefined ? undefined : new SignatureCheck(keys, { service: 'firehose', region }),
  })
  const server = await RecordServer.open({ component: 'firehose-server', host, port, tls, limits, clock, log, protocol })
  return { url: server.url, close: () => server.close(false) }
}
