import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, type Clock, type Logger, type PipelineRun, type Registry } from '@standpipe/core'
import { lockJournal, serveFirehoseApi, type FirehoseApiServer } from '@standpipe/sources'
import type { AccessKey } from './access-keys.js'
import type { BucketMap } from './bucket-map.js'
import { DeliveryStreams } from './delivery-streams.js'
import { controlOperations } from './operations.js'

/** What a server of Firehose's API is opened with. */
export interface FirehoseServerOptions {
  readonly host: string
  readonly port: number
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined
  /** Keys that requests must be signed with; undefined lets in whatever runs on this machine. */
  readonly keys: readonly AccessKey[] | undefined
  readonly region: string
  readonly accountId: string
  /** Folder of the delivery streams: definitions, journals, ledgers. */
  readonly state: string
  readonly buckets: BucketMap
  readonly schemas: string
  readonly mostStreams: number
  /** Of each stream's pipeline: `64MiB`. */
  readonly memory: string
  readonly journalBytes: number
  readonly fsync: boolean
  readonly activePartitions: number
  readonly registry: Registry
  readonly log: Logger
  readonly clock?: Clock
}

/** A server that takes records and delivers them. */
export interface FirehoseServer {
  /** `http://127.0.0.1:4573`. */
  readonly url: string
  readonly streamNames: readonly string[]
  /** The pipelines that run. */
  readonly runs: readonly PipelineRun[]
  /** Takes no more requests and drains: what was read is delivered, the rest is delivered after the next start. */
  close(): Promise<void>
}

const MIB = 1024 ** 2
/** Firehose counts 4 MiB decoded, which is 5.6 MiB as sent. */
const BODY_BYTES = 6 * MIB
const SERVER_LIMITS = { headers: 16 * 1024, connections: 1_000, concurrency: 256, memory: 256 * MIB, requestTime: 30_000 } as const

/** Brings back the delivery streams of a folder, and listens. Rejects with a StandpipeError where either cannot be had. */
export async function openFirehoseServer(options: FirehoseServerOptions): Promise<FirehoseServer> {
  const { host, port, tls, keys, region, accountId, registry, log, clock = systemClock } = options
  await mkdir(options.state, { recursive: true })
  const state = await realpath(options.state)
  const unlock = await lockJournal(state, 'state folder')
  let streams: DeliveryStreams | undefined
  let server: FirehoseApiServer
  try {
    const opened = await DeliveryStreams.open({
      folder: join(state, 'streams'),
      home: { region, accountId },
      mostStreams: options.mostStreams,
      plans: { registry, buckets: options.buckets, region, schemas: options.schemas, memory: options.memory, activePartitions: options.activePartitions },
      journal: { segmentBytes: Math.min(64 * MIB, Math.floor(options.journalBytes / 4)), keepBytes: options.journalBytes, fsync: options.fsync },
      clock,
      log,
    })
    streams = opened
    server = await serveFirehoseApi({
      host,
      port,
      tls,
      keys,
      region,
      bodyBytes: BODY_BYTES,
      limits: SERVER_LIMITS,
      keep: (name, records) => opened.find(name).put(records),
      operations: controlOperations(opened),
      clock,
      log,
    })
  } catch (error) {
    await streams?.close()
    await unlock()
    throw error
  }
  const served = streams
  log.info('takes what is sent to Amazon Data Firehose', { url: server.url, streams: served.names.length })
  return {
    url: server.url,
    get streamNames() {
      return served.names
    },
    get runs() {
      return served.runs
    },
    async close() {
      await server.close()
      await served.close()
      await unlock()
    },
  }
}
