import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { StandpipeError, type Clock, type Logger } from '@standpipe/core'
import { Admission, type Admitted } from './admission.js'
import type { ServerLimits } from './http-config.js'
import { RefusedError } from './refusal.js'

/** What a request is answered with. */
export interface Answer {
  readonly status: number
  /** Sent as JSON. */
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

/** How requests are understood and answered. */
export interface RequestProtocol {
  /**
   * Answers a request. `enter` counts it as at work, once its head is in order; `proceed` asks for the body where the
   * client waits to be asked. What it refuses it throws as a RefusedError.
   */
  accept(request: IncomingMessage, enter: () => Admitted, proceed: () => void): Promise<Answer>
  /** How a refusal is told; it never holds anything of what was sent. */
  refusal(error: RefusedError): Answer
}

/** What the server needs. */
export interface RecordServerOptions {
  /** Of the source, for messages. */
  readonly component: string
  readonly host: string
  readonly port: number
  /** PEM texts. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Logger
  readonly protocol: RequestProtocol
}

/** How long requests that are being sent may go on when the server stops. */
const STOP_GRACE_MS = 5_000
/** How long the answer to what was no request may lie unread. */
const UNREAD_ANSWER_MS = 1_000
/** How much of a refused body is still read, so that the client sees the answer rather than a broken connection. */
const UNREAD_BYTES = 16 * 1024 * 1024

/** Takes records over HTTP and answers each request once, as its protocol says, within its limits. */
export class RecordServer {
  private readonly server: Server
  private readonly admission: Admission
  private readonly handling = new Set<Promise<void>>()
  private stopping: Promise<void> | undefined

  private constructor(private readonly options: RecordServerOptions) {
    const { tls, limits } = options
    this.admission = new Admission({ concurrency: limits.concurrency, memoryBytes: limits.memory })
    const settings = {
      maxHeaderSize: limits.headers,
      requestTimeout: limits.requestTime,
      headersTimeout: Math.min(limits.requestTime, 10_000),
      connectionsCheckingInterval: Math.min(1_000, limits.requestTime),
      keepAliveTimeout: 5_000,
    }
    const handshakeTimeout = settings.headersTimeout
    const handle = (request: IncomingMessage, response: ServerResponse): void => this.track(this.handle(request, response, false))
    this.server = tls === undefined ? createServer(settings, handle) : createTlsServer({ ...settings, ...tls, handshakeTimeout }, handle)
    this.server.maxConnections = limits.connections
    // Asks for the body only when the head of the request is in order.
    this.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => this.track(this.handle(request, response, true)))
    this.server.on('clientError', answerClientError)
    // Each answer that waits on a connection listens to it.
    this.server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => socket.setMaxListeners(0))
  }

  /** Listens; rejects with SOURCE_UNREADABLE where the address cannot be had. */
  static async open(options: RecordServerOptions): Promise<RecordServer> {
    const { host, port } = options
    const opened = new RecordServer(options)
    await new Promise<void>((resolve, reject) => {
      opened.server.once('error', (cause) => {
        reject(new StandpipeError(`cannot listen on ${host}:${port}: ${(cause as NodeJS.ErrnoException).code ?? cause.message}`, { code: 'SOURCE_UNREADABLE', component: options.component, cause }))
      })
      opened.server.listen(port, host, resolve)
    })
    return opened
  }

  /** Where it listens: `http://127.0.0.1:8080`. */
  get url(): string {
    const { address, port, family } = this.server.address() as AddressInfo
    const host = family === 'IPv6' ? `[${address}]` : address
    return `${this.options.tls === undefined ? 'http' : 'https'}://${host}:${port}`
  }

  /** Takes no more requests; resolves when what was being sent is in the journal or was refused. */
  stop(): Promise<void> {
    this.stopping ??= this.finish()
    return this.stopping
  }

  /** Ends: waits until requests that nothing is awaited for are answered, or do not take their answer, then cuts all connections. At once with `cut`. */
  async close(cut: boolean): Promise<void> {
    if (cut) this.server.closeAllConnections()
    await this.stop()
    if (!cut) await this.within(STOP_GRACE_MS, Promise.all(this.handling))
    this.server.closeAllConnections()
  }

  private async within(limitMs: number, work: Promise<unknown>): Promise<void> {
    const over = new AbortController()
    const late = this.options.clock.sleep(limitMs, over.signal).catch(() => undefined) // the work was done in time
    await Promise.race([work, late])
    over.abort(new Error('done'))
  }

  private async finish(): Promise<void> {
    const over = new AbortController()
    const done = this.admission.close()
    this.server.close()
    this.options.clock.sleep(STOP_GRACE_MS, over.signal).then(
      () => this.admission.cut(),
      () => undefined, // all were done in time
    )
    await done
    over.abort(new Error('stopped'))
    this.server.closeIdleConnections()
  }

  private track(handled: Promise<void>): void {
    this.handling.add(handled)
    void handled.finally(() => this.handling.delete(handled))
  }

  private async handle(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    request.on('error', () => undefined) // whoever reads the body sees it
    response.on('error', () => undefined) // the client is gone; there is nobody to tell
    let admitted: Admitted | undefined
    try {
      const enter = (): Admitted => (admitted = this.admission.enter(() => request.destroy()))
      const answer = await this.options.protocol.accept(request, enter, () => {
        if (expectsContinue) response.writeContinue()
      })
      if (!request.complete) discard(request, response)
      await this.send(request, response, answer)
    } catch (error) {
      await this.refuse(request, response, error)
    } finally {
      admitted?.leave()
    }
  }

  private async refuse(request: IncomingMessage, response: ServerResponse, error: unknown): Promise<void> {
    if (response.destroyed || response.headersSent) return
    const { log, protocol } = this.options
    if (error instanceof RefusedError) {
      if (error.status === 503 && error.cause !== undefined) log.debug('a request was refused', { status: 503, cause: causeOf(error.cause) })
      if (!request.complete) discard(request, response)
      await this.send(request, response, protocol.refusal(error))
      return
    }
    // A client that went away in the middle of its body is no fault of ours.
    if (request.destroyed && !request.complete) return
    log.error('a request failed', { cause: causeOf(error) })
    await this.send(request, response, protocol.refusal(new RefusedError(500, 'the request could not be handled; nothing is known of its records')))
  }

  /** Resolves when the answer has left, or cannot. */
  private send({ socket }: IncomingMessage, response: ServerResponse, { status, body, headers = {} }: Answer): Promise<void> {
    if (response.destroyed || socket.destroyed) return Promise.resolve()
    if (this.stopping !== undefined) response.setHeader('Connection', 'close')
    const text = `${JSON.stringify(body)}\n`
    response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), 'Cache-Control': 'no-store', ...headers })
    // A client that does not read its answer has the connection no longer than one that does not send.
    response.setTimeout(this.options.limits.requestTime, () => response.destroy())
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('close', done)
        resolve()
      }
      // An answer that waits behind others on its connection is not told when that is closed.
      socket.once('close', done)
      response.once('finish', done).once('close', done)
      response.end(text) // a text leaves with the head in one write
    })
  }
}

/** The rest of a refused body is thrown away, and the connection closed with the answer. */
function discard(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Connection', 'close')
  // Node takes the socket off the request when it is done with it.
  const socket = request.socket as Socket | null
  let left = UNREAD_BYTES
  request.on('data', (piece: Buffer) => {
    left -= piece.length
    if (left < 0) socket?.destroy()
  })
  request.resume()
  response.on('finish', () => socket?.end())
}

function causeOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : 'unknown'
}

/** What Node's parser refuses before there is a request: too many headers, too slow, no HTTP. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const reason = { 431: 'the headers are larger than limits.headers', 408: 'the request took longer than limits.requestTime', 400: 'this is no HTTP request' }[status]
  const body = `${JSON.stringify({ error: reason })}\n`
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  // Who does not read the answer either has no more time.
  socket.setTimeout(UNREAD_ANSWER_MS, () => socket.destroy())
  socket.end(head + body, () => socket.destroy())
}
