import { createRequire } from 'node:module'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A service of AWS that runs in this process. */
export interface EmulatedService {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  stop(): Promise<void>
}

type CreateServer = (options: Readonly<Record<string, unknown>>) => Server

/** Starts an emulator on loopback whose package exports the function that creates its server; on any free port by 0. */
export async function startInProcess(name: string, options: Readonly<Record<string, unknown>>, port: number): Promise<EmulatedService> {
  const create = createRequire(import.meta.url)(name) as CreateServer
  const server = create(options)
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
