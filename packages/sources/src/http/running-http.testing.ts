import { request as httpRequest } from 'node:http'
import type { Position, ShardId, Source, SourceDefinition } from '@standpipe/core'
import { createSourceRuntime, recordsOf, TestClock, TestFolder, type ReadRecord } from '@standpipe/testkit'
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
          if (event.kind !== 'records' || event.settled === undefined) continue
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
