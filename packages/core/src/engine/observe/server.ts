import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StandpipeError } from '../../model/index.js'
import type { PipelineRun } from '../run.js'
import { isReady, renderMetrics } from './metrics.js'

/** Where to listen, and the bearer token that beyond loopback is needed. */
export interface ObserveOptions {
  readonly host: string
  readonly port: number
  readonly token?: string
}

/** A server that answers /metrics, /healthz and /readyz. */
export interface ObserveServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves the state of these runs. Requests are answered from memory; nothing of a payload is in any answer. `failed` is
 * told when a connection could not be taken later on; the server goes on, and the runs need not know.
 */
export async function serveObservations(options: ObserveOptions, runs: () => readonly PipelineRun[], failed: (error: Error) => void = () => undefined): Promise<ObserveServer> {
  const server = createServer({ maxHeaderSize: 8192, requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    answer(request, response, options, runs())
  })
  server.maxConnections = 64
  await listen(server, options)
  server.on('error', failed)
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(request: IncomingMessage, response: ServerResponse, options: ObserveOptions, runs: readonly PipelineRun[]): void {
  const send = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  request.resume()
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'use GET\n')
  if (options.token !== undefined && !hasToken(request, options.token)) return send(401, 'a bearer token is needed\n')
  switch (request.url?.split('?')[0]) {
    case '/metrics':
      return send(200, renderMetrics(runs), 'text/plain; version=0.0.4; charset=utf-8')
    case '/healthz':
      return runs.every((run) => run.status().state !== 'stopped') ? send(200, 'ok\n') : send(503, 'a pipeline has stopped\n')
    case '/readyz':
      return runs.every(isReady) ? send(200, 'ready\n') : send(503, 'draining or stopped\n')
    default:
      return send(404, 'there are /metrics, /healthz and /readyz\n')
  }
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
function hasToken(request: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`))
}

function listen(server: Server, { host, port }: ObserveOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (error: Error): void =>
      reject(new StandpipeError(`cannot listen on ${host}:${port}: ${error.message}`, { code: 'CONFIG_INVALID', component: 'observe', cause: error }))
    server.once('error', refused)
    server.listen(port, host, () => {
      server.off('error', refused)
      resolve()
    })
  })
}
