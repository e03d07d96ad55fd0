import { createServer, request as sendRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@standpipe/core/model'

/** What goes wrong with a request. */
export type Fault =
  /** The proxy answers; the server never sees the request. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection is cut once so many bytes of the body have arrived; the server never sees the request. */
  | { readonly kind: 'cutRequest'; readonly afterBytes: number }
  /** The server does its work; the connection is cut before its answer. */
  | { readonly kind: 'loseAnswer' }
  /** The server does its work; the connection is cut after so many bytes of its body. */
  | { readonly kind: 'cutAnswer'; readonly afterBytes: number }
  /** The request reaches the server so much later, also when its sender has given up and sent another. */
  | { readonly kind: 'delayRequest'; readonly delayMs: number }
  /** The server does its work; its answer stays away until `release`, or for good. */
  | { readonly kind: 'holdAnswer' }

/** A request as the proxy saw it. */
export interface SeenRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A fault that waits for its request. */
export interface PlannedFault {
  readonly when: (request: SeenRequest) => boolean
  readonly fault: Fault
  /** How many requests it meets; 1 by default. */
  readonly times?: number
}

/** An HTTP proxy in front of one server, through which faults are injected. */
export interface FaultProxy {
  /** `http://127.0.0.1:PORT`; requests keep the Host header they came with, so signatures hold. */
  readonly url: string
  /** All requests so far, also those that met a fault. */
  readonly seen: readonly SeenRequest[]
  /** Plans a fault. Several are tried in the order they were planned. */
  plan(fault: PlannedFault): void
  /** Sends the answers that were held. */
  release(): void
  /** Forgets all planned faults. */
  clear(): void
  /** Resolves when the server has answered all requests that were delayed. */
  idle(): Promise<void>
  close(): Promise<void>
}

interface Waiting extends PlannedFault {
  left: number
}

/** Starts a proxy on loopback in front of `server` (`http://HOST:PORT`). */
export async function startFaultProxy(server: string): Promise<FaultProxy> {
  const target = new URL(server)
  const seen: SeenRequest[] = []
  let planned: Waiting[] = []
  let held: (() => void)[] = []
  const late = new Set<unknown>()

  const proxy = createServer((incoming, outgoing) => {
    const request: SeenRequest = { method: incoming.method ?? '', target: incoming.url ?? '', headers: incoming.headers }
    seen.push(request)
    const met = planned.find((candidate) => candidate.left > 0 && candidate.when(request))
    if (met !== undefined) met.left -= 1
    serve(target, incoming, outgoing, met?.fault, (answer) => held.push(answer), late)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    seen,
    plan: (fault) => void planned.push({ ...fault, left: fault.times ?? 1 }),
    release() {
      const answers = held
      held = []
      for (const answer of answers) answer()
    },
    clear: () => void (planned = []),
    async idle() {
      while (late.size > 0) await systemClock.sleep(10)
    },
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve())
        proxy.closeAllConnections()
      }),
  }
}

function serve(
  target: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Fault | undefined,
  hold: (answer: () => void) => void,
  late: Set<unknown>,
): void {
  if (fault?.kind === 'cutRequest') {
    cutAfter(incoming, fault.afterBytes)
    return
  }
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('error', () => outgoing.destroy())
  incoming.on('end', () => {
    if (fault?.kind === 'answer') {
      outgoing.writeHead(fault.status, { 'content-type': 'application/xml', ...fault.headers }).end(fault.body ?? '')
      return
    }
    const pass = (): void =>
      forward(target, incoming, Buffer.concat(chunks), (answer) => {
        late.delete(pass)
        if (answer === undefined || fault?.kind === 'loseAnswer') {
          incoming.socket.destroy()
          return
        }
        if (fault?.kind === 'cutAnswer') {
          outgoing.writeHead(answer.status, answer.headers)
          outgoing.write(answer.body.subarray(0, fault.afterBytes), () => incoming.socket.destroy())
          return
        }
        const send = (): void => void outgoing.writeHead(answer.status, answer.headers).end(answer.body)
        if (fault?.kind === 'holdAnswer') hold(send)
        else send()
      })
    if (fault?.kind !== 'delayRequest') return pass()
    late.add(pass)
    void systemClock.sleep(fault.delayMs).then(pass)
  })
}

function cutAfter(incoming: IncomingMessage, bytes: number): void {
  let arrived = 0
  incoming.on('data', (chunk: Buffer) => {
    arrived += chunk.length
    if (arrived >= bytes) incoming.socket.destroy()
  })
  incoming.on('end', () => incoming.socket.destroy())
  incoming.on('error', () => incoming.socket.destroy())
}

interface Answer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

/** Sends the request on; `done` gets undefined where the server did not answer. */
function forward(target: URL, incoming: IncomingMessage, body: Buffer, done: (answer: Answer | undefined) => void): void {
  const { hostname, port } = target
  const onward = sendRequest({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('error', () => done(undefined))
    answer.on('end', () => done({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks) }))
  })
  onward.on('error', () => done(undefined))
  onward.end(body)
}
