import { createRequire } from 'node:module'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A kinesalite that is running: Kinesis Data Streams in this process, its data in memory. */
export interface Kinesalite {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  stop(): Promise<void>
}

type CreateServer = (options: Readonly<Record<string, unknown>>) => Server

/**
 * Starts kinesalite on loopback: streams, shards, split and merge, GetRecords; streams change in a few milliseconds. It
 * has no ARNs, no fan-out, no ChildShards; MillisBehindLatest stays 0; an iterator AT_TIMESTAMP beyond the last record is
 * never answered. Give a port to find it again where it was.
 */
export async function startKinesalite(port = 0): Promise<Kinesalite> {
  const create = createRequire(import.meta.url)('kinesalite') as CreateServer
  const server = create({ createStreamMs: 5, deleteStreamMs: 5, updateStreamMs: 5, shardLimit: 10_000 })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
