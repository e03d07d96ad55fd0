import { readdir, stat } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { PayloadBlock, Position, ShardId, Source, SourceDefinition } from '@standpipe/core'
import { createSourceRuntime, recordsOf, TestClock, TestFolder, type ReadRecord } from '@standpipe/testkit'
import { SEGMENT_HEAD_BYTES } from '../journal/segment.js'
import { httpSource } from './http-source.js'

/** An answer of the server. */
export interface Answer {
  readonly status: number
  readonly body: { readonly accepted?: number; readonly rejected?: readonly unknown[]; readonly error?: string }
  readonly retryAfter: string | null
}

/** An `http` source, or another that listens, that runs on a free port, read in the background as fast as `pull` says. */
export class RunningHttp {
  readonly records: ReadRecord[] = []
  /** Of each record, beside {@link records}. */
  readonly partitionKeys: (string | undefined)[] = []
  readonly formats: (string | undefined)[] = []
  readonly settle: (() => void)[] = []
  readonly logged: string[] = []
  private readonly stopping = new AbortController()
  private constructor(
    readonly source: Source,
    readonly clock: TestClock,
    private address: string,
    private reading: Promise<void>,
  ) {}

  /** Starts it in a folder; `settle` leaves it to the test when what was read is settled. */
  static async start(folder: TestFolder, options: object = {}, more: { source?: SourceDefinition; clock?: TestClock; checkpoints?: Record<ShardId, Position>; settle?: 'later' } = {}): Promise<RunningHttp> {
    const clock = more.clock ?? new TestClock()
    const context = { pipeline: 'test', directory: folder.path, warn: () => undefined }
    const definition: SourceDefinition = more.source ?? httpSource
    const source = definition.bind(definition.config.parse({ port: 0, ...options }), context)
    const running = new RunningHttp(source, clock, '', Promise.resolve())
    await new Promise<void>((resolve, reject) => {
      const runtime = createSourceRuntime({ clock, checkpoints: more.checkpoints, stopping: running.stopping.signal, batchBytes: 1024 })
      const listening = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
        running.logged.push(message)
        if (typeof fields?.url !== 'string') return
        running.address = fields.url
        resolve()
      }
      running.reading = (async () => {
        for await (const event of source.read({ ...runtime, log: { ...runtime.log, info: listening, error: (message, fields) => running.logged.push(`${message} ${JSON.stringify(fields)}`) } })) {
          running.records.push(...recordsOf(event))
          if (event.kind !== 'records') continue
          for (let i = 0; i < event.records.count; i++) {
            running.partitionKeys.push(event.records.partitionKey?.(i))
            running.formats.push((event.records as Partial<PayloadBlock>).format)
          }
          if (event.settled === undefined) continue
          if (more.settle === 'later') running.settle.push(event.settled)
          else event.settled()
        }
      })()
      running.reading.catch(async (error: unknown) => {
        await source.close?.()
        reject(error as Error)
      })
    })
    return running
  }

  get url(): string {
    return this.address
  }

  async post(body: string | Uint8Array, headers: Record<string, string> = {}, path = '/'): Promise<Answer> {
    const response = await fetch(this.address + path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } })
    return { status: response.status, body: (await response.json()) as Answer['body'], retryAfter: response.headers.get('Retry-After') }
  }

  /** Begins a request whose body the test sends piece by piece. */
  slowly(headers: Record<string, string> = {}): { write(text: string): void; end(): void; readonly status: Promise<number> } {
    const request = httpRequest(this.address, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers } })
    const status = new Promise<number>((resolve, reject) => {
      request.on('response', (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      request.on('error', reject)
    })
    request.flushHeaders()
    return { write: (text) => void request.write(text), end: () => void request.end(), status }
  }

  /** Opens a connection, and writes to it as it is told. */
  connect(bytes: string | Uint8Array = ''): RawConnection {
    return new RawConnection(this.address, bytes)
  }

  /** Resolves when so many records were read. */
  async read(count: number): Promise<readonly ReadRecord[]> {
    while (this.records.length < count) await new Promise((resolve) => setImmediate(resolve))
    return this.records
  }

  get payloads(): string[] {
    return this.records.map(({ payload }) => payload)
  }

  /** Drains, as a pipeline does. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('draining'))
    await this.reading
    await this.source.close?.()
  }
}

/** Bytes of all entries in the journal of a source in this folder. */
export async function journalledBytes(folder: TestFolder): Promise<number> {
  const journal = join(folder.path, '.standpipe/journal-test')
  const segments = (await readdir(journal)).filter((name) => name.endsWith('.journal'))
  const sizes = await Promise.all(segments.map(async (name) => (await stat(join(journal, name))).size - SEGMENT_HEAD_BYTES))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** A connection whose bytes the test writes itself. */
export class RawConnection {
  private text = ''
  private readonly socket: Socket
  /** All that was heard until the connection was closed. */
  readonly closed: Promise<string>
  private readonly listening = new Set<() => void>()

  constructor(url: string, bytes: string | Uint8Array) {
    const { hostname, port } = new URL(url)
    this.socket = connect(Number(port), hostname)
    this.socket.on('error', () => undefined) // it is closed after it
    if (bytes.length > 0) this.socket.write(bytes)
    this.socket.setEncoding('latin1').on('data', (piece: string) => {
      this.text += piece
      for (const look of this.listening) look()
    })
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve(this.text)))
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Says that nothing more comes. */
  end(): void {
    this.socket.end()
  }

  /** Reads no more of what is answered. */
  stopReading(): void {
    this.socket.pause()
  }

  goOnReading(): void {
    this.socket.resume()
  }

  /** Resolves when what was heard matches. */
  heard(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.text)) return
        this.listening.delete(look)
        resolve(this.text)
      }
      this.listening.add(look)
      look()
    })
  }
}
