import { createRequire } from 'node:module'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A dynalite that is running: DynamoDB in this process, its data in memory. */
export interface Dynalite {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  stop(): Promise<void>
}

type CreateServer = (options: Readonly<Record<string, unknown>>) => Server

/**
 * Starts dynalite on loopback: tables on demand, conditional writes (of fifty that race one wins), about 200 updates a
 * second. It has no transactions and no TTL. Give a port to find it again where it was.
 */
export async function startDynalite(port = 0): Promise<Dynalite> {
  const create = createRequire(import.meta.url)('dynalite') as CreateServer
  const server = create({ createTableMs: 5, deleteTableMs: 5, updateTableMs: 5 })
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
