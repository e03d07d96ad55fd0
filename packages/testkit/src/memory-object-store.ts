import type { ListedObject, ObjectProperties, ObjectStore, ObjectUpload, PublishOutcome, StagedObject } from '@standpipe/core/component'
import { StandpipeError, type Clock } from '@standpipe/core/model'
import { TestClock } from './test-clock.js'

/** An object that readers see. */
export interface PublishedObject {
  readonly bytes: Uint8Array
  readonly properties: ObjectProperties
}

/** An upload that nobody sees; its parts by number, from 1. */
export interface PendingUpload {
  readonly id: string
  readonly key: string
  readonly properties: ObjectProperties
  readonly startedMs: number
  readonly parts: Map<number, Uint8Array>
}

/** What outlives a crash: share one between the stores of several incarnations. */
export class MemoryBucket {
  readonly published = new Map<string, PublishedObject>()
  /** Uploads begun and neither published nor discarded, by their id. Delete from it to make one vanish. */
  readonly pending = new Map<string, PendingUpload>()
  private uploads = 0

  /** Adds an upload under a name that no other has. */
  add(key: string, properties: ObjectProperties, startedMs: number): PendingUpload {
    const upload = { id: `upload-${++this.uploads}`, key, properties, startedMs, parts: new Map<number, Uint8Array>() }
    this.pending.set(upload.id, upload)
    return upload
  }
}

/** A call that a memory store is about to make on its bucket. */
export interface StoreCall {
  readonly operation: 'open' | 'begin' | 'write' | 'abort' | 'put' | 'look' | 'publish' | 'discard' | 'list'
  readonly key: string
}

/**
 * Stands between a store and its bucket. `effect` is atomic, and may be called now, later or never, and at
 * most once; throw before it (an error without effect), after it (an answer lost), or let it happen late.
 * What it returns must be returned.
 */
export type StoreFault = <T>(call: StoreCall, effect: () => T) => T | Promise<T>

/** How a memory store behaves. */
export interface MemoryStoreOptions {
  readonly bucket?: MemoryBucket
  /** As of S3: 5 MiB there, 0 by default here. A part below it that is not the last makes `publish` fail. */
  readonly minPartBytes?: number
  readonly clock?: Clock
  readonly fault?: StoreFault
}

interface MemoryStaging {
  readonly id: string
  readonly parts: number
}

/** An object store in memory, with multipart uploads and S3's rules about them; see {@link StoreFault} for failures. */
export class MemoryObjectStore implements ObjectStore {
  readonly location = 'memory'
  readonly minPartBytes: number
  readonly bucket: MemoryBucket
  private readonly clock: Clock
  private readonly fault: StoreFault

  constructor(options: MemoryStoreOptions = {}) {
    this.bucket = options.bucket ?? new MemoryBucket()
    this.minPartBytes = options.minPartBytes ?? 0
    this.clock = options.clock ?? new TestClock()
    this.fault = options.fault ?? ((_call, effect) => effect())
  }

  async open(signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted()
    return this.call('open', '', () => [])
  }

  async begin(key: string, properties: ObjectProperties): Promise<ObjectUpload> {
    const upload = await this.call('begin', key, () => this.bucket.add(key, properties, this.clock.now()))
    const sent: number[] = []
    return {
      write: async (bytes) => {
        const copy = Uint8Array.from(bytes)
        const part = sent.length + 1
        await this.call('write', key, () => this.existing(upload.id, key).parts.set(part, copy))
        sent.push(copy.length)
      },
      stage: async (): Promise<StagedObject> => {
        const staging: MemoryStaging = { id: upload.id, parts: sent.length }
        return { key, identity: properties.identity, bytes: sent.reduce((sum, bytes) => sum + bytes, 0), upload: staging }
      },
      abort: () => this.call('abort', key, () => void this.bucket.pending.delete(upload.id)),
    }
  }

  async put(key: string, bytes: Uint8Array, properties: ObjectProperties): Promise<void> {
    const copy = Uint8Array.from(bytes)
    await this.call('put', key, () => {
      const there = this.bucket.published.get(key)
      if (there !== undefined && there.properties.identity !== properties.identity) throw taken(key)
      this.bucket.published.set(key, { bytes: copy, properties })
    })
  }

  async look(staged: StagedObject): Promise<'staged' | 'published' | 'gone'> {
    return this.call('look', staged.key, () => {
      if (this.bucket.pending.has((staged.upload as MemoryStaging).id)) return 'staged'
      return this.bucket.published.get(staged.key)?.properties.identity === staged.identity ? 'published' : 'gone'
    })
  }

  async publish(staged: StagedObject): Promise<PublishOutcome> {
    return this.call('publish', staged.key, () => {
      const { id, parts } = staged.upload as MemoryStaging
      const there = this.bucket.published.get(staged.key)
      if (there?.properties.identity === staged.identity) return 'published'
      if (there !== undefined) throw taken(staged.key)
      const upload = this.bucket.pending.get(id)
      if (upload === undefined) return 'vanished'
      this.bucket.published.set(staged.key, { bytes: this.assemble(upload, parts), properties: upload.properties })
      this.bucket.pending.delete(id)
      return 'published'
    })
  }

  async discard(staged: StagedObject): Promise<void> {
    await this.call('discard', staged.key, () => void this.bucket.pending.delete((staged.upload as MemoryStaging).id))
  }

  async *listStaged(): ReturnType<ObjectStore['listStaged']> {
    for (const { id, key, properties, startedMs } of await this.call('list', '', () => [...this.bucket.pending.values()])) {
      const discard = (): Promise<void> => this.call('discard', key, () => void this.bucket.pending.delete(id))
      yield { identity: properties.identity, key, startedMs, discard }
    }
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    for (const [key, { bytes }] of [...this.bucket.published]) if (key.startsWith(prefix)) yield { key, bytes: bytes.length }
  }

  async readRange(key: string, start: number, end: number): Promise<Uint8Array> {
    const found = this.bucket.published.get(key)
    if (found === undefined) throw new StandpipeError(`${key} does not exist`, { code: 'SINK_NOT_FOUND', component: 'memory' })
    return found.bytes.slice(start, end)
  }

  async close(): Promise<void> {
    // A bucket outlives its stores.
  }

  private async call<T>(operation: StoreCall['operation'], key: string, effect: () => T): Promise<T> {
    return this.fault({ operation, key }, effect)
  }

  private existing(id: string, key: string): PendingUpload {
    const upload = this.bucket.pending.get(id)
    if (upload !== undefined) return upload
    throw new StandpipeError(`the upload of ${key} does not exist any more`, { code: 'SINK_REJECTED', component: 'memory' })
  }

  private assemble(upload: PendingUpload, parts: number): Uint8Array {
    const pieces: Uint8Array[] = []
    for (let n = 1; n <= parts; n++) {
      const piece = upload.parts.get(n)
      if (piece === undefined || (n < parts && piece.length < this.minPartBytes)) {
        throw new StandpipeError(`part ${n} of ${upload.key} is missing or too small`, { code: 'SINK_REJECTED', component: 'memory' })
      }
      pieces.push(piece)
    }
    return Uint8Array.from(Buffer.concat(pieces))
  }
}

function taken(key: string): StandpipeError {
  return new StandpipeError(`${key} exists and is another object; nothing is overwritten`, { code: 'SINK_REJECTED', component: 'memory' })
}
