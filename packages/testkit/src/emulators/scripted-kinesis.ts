import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'

/** What a test lets Kinesis answer: an object for 200, or an error by its name. */
export type ScriptedAnswer = { readonly [member: string]: unknown } | ScriptedError
/** An error that the API names. */
export class ScriptedError extends Error {
  constructor(
    override readonly name: string,
    readonly status = 400,
  ) {
    super('scripted')
  }
}

/** A subscription that a test pushes events into. */
export interface ScriptedSubscription {
  readonly input: Readonly<Record<string, unknown>>
  /** Sends an event of records. */
  push(event: object): void
  /** Ends it with an exception, as the service does after the answer has begun. */
  fail(exception: string): void
  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void
  /** Ends it in good order. */
  end(): void
  /** Cuts the connection. */
  cut(): void
  /** Whether the client has left. */
  readonly closed: boolean
  /** Bytes that the client has not taken yet. */
  readonly waitingBytes: number
}

/** What the server does with each request. */
export interface KinesisScript {
  answer(operation: string, input: Readonly<Record<string, unknown>>): ScriptedAnswer | Promise<ScriptedAnswer>
  /** May throw a ScriptedError. */
  subscribe?(subscription: ScriptedSubscription): void
}

/** A server of Kinesis' protocol that does what a test says: for what no emulator does, ends of shards over fan-out above all. */
export interface ScriptedKinesis {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Operations and inputs of all requests so far. */
  readonly seen: readonly { readonly operation: string; readonly input: Readonly<Record<string, unknown>> }[]
  stop(): Promise<void>
}

/** Starts it on loopback. */
export async function startScriptedKinesis(script: KinesisScript): Promise<ScriptedKinesis> {
  const seen: { operation: string; input: Record<string, unknown> }[] = []
  const server = createServer((request, response) => {
    void readInput(request).then(async (input) => {
      const operation = String(request.headers['x-amz-target']).split('.')[1]
      seen.push({ operation, input })
      try {
        if (operation === 'SubscribeToShard' && script.subscribe !== undefined) script.subscribe(subscriptionOf(input, response))
        else send(response, 200, await script.answer(operation, input))
      } catch (error) {
        if (!(error instanceof ScriptedError)) throw error
        send(response, error.status, error)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readInput(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = []
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
  return JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>
}

function send(response: ServerResponse, status: number, answer: ScriptedAnswer): void {
  const failed = answer instanceof ScriptedError
  const body = JSON.stringify(failed ? { __type: answer.name, message: answer.message } : answer)
  response.writeHead(failed ? answer.status : status, { 'content-type': 'application/x-amz-json-1.1', 'content-length': Buffer.byteLength(body) }).end(body)
}

function subscriptionOf(input: Record<string, unknown>, response: ServerResponse): ScriptedSubscription {
  let begun = false
  const write = (bytes: Uint8Array): void => {
    if (!begun) {
      begun = true
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
      response.write(eventFrame({ ':message-type': 'event', ':event-type': 'initial-response' }, '{}'))
    }
    response.write(bytes)
  }
  // The client waits for the head of the answer; a script that throws answers with an error instead.
  setImmediate(() => {
    if (!response.headersSent) write(Buffer.alloc(0))
  })
  return {
    input,
    push: (event) => write(eventFrame({ ':message-type': 'event', ':event-type': 'SubscribeToShardEvent', ':content-type': 'application/x-amz-json-1.1' }, JSON.stringify(event))),
    fail: (exception) => {
      write(eventFrame({ ':message-type': 'exception', ':exception-type': exception }, '{"message":"scripted"}'))
      response.end()
    },
    sendRaw: write,
    end: () => {
      write(Buffer.alloc(0))
      response.end()
    },
    cut: () => void response.destroy(),
    get closed() {
      return response.destroyed || response.writableEnded
    },
    get waitingBytes() {
      return response.writableLength
    },
  }
}

/** A message of an AWS event stream. */
export function eventFrame(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const [key, text] = [Buffer.from(name), Buffer.from(value)]
      return Buffer.concat([Buffer.from([key.length]), key, Buffer.from([7, text.length >> 8, text.length & 255]), text])
    }),
  )
  const body = Buffer.from(payload)
  const frame = Buffer.alloc(16 + head.length + body.length)
  frame.writeUInt32BE(frame.length, 0)
  frame.writeUInt32BE(head.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  head.copy(frame, 12)
  body.copy(frame, 12 + head.length)
  frame.writeUInt32BE(crc32(frame.subarray(0, frame.length - 4)), frame.length - 4)
  return frame
}
