import { awsErrorName, type RecordsPage, type ShardStart } from '@standpipe/aws'
import { StandpipeError } from '@standpipe/core'
import { Backoff } from './backoff.js'
import type { Grant, ReadAhead } from './read-ahead.js'
import type { ReadLimits } from './read-limits.js'
import type { FedPage, FeedParts, ShardFeed } from './shard-feed.js'

/** What polling needs beside. */
export interface PollingParts extends FeedParts {
  readonly limits: ReadLimits
  readonly readAhead: ReadAhead
  /** From one read to the next, at the tip of the shard. */
  readonly pollMs: number
}

const MOST_RECORDS = 10_000
/** What a record is taken to hold before one was seen. */
const FIRST_RECORD_BYTES = 1024
/** What an answer is taken to hold at least. */
const LEAST_PAGE_BYTES = 16 * 1024

/**
 * Reads a shard by GetRecords: at once while there is more, else every `pollMs`, within the limits of the shard. An
 * iterator that has expired is made anew after the last record; a request that failed in passing is sent again.
 */
export class PollingFeed implements ShardFeed {
  private iterator: string | undefined
  private renewed = false
  private ended = false
  private atTip = false
  private lastReadMs = -Infinity
  private recordBytes = FIRST_RECORD_BYTES
  private pageBytes = LEAST_PAGE_BYTES
  /** Where a new iterator begins. */
  private place: ShardStart
  private readonly backoff: Backoff

  constructor(private readonly parts: PollingParts) {
    this.place = parts.start
    this.backoff = new Backoff(parts.clock)
  }

  open(): Promise<number> {
    const { readAhead, signal } = this.parts
    return this.persist(async () => {
      const grant = await readAhead.acquire(0, signal)
      try {
        return await this.openIterator()
      } finally {
        grant.release()
      }
    })
  }

  async next(): Promise<FedPage | undefined> {
    if (this.ended) return undefined
    const { clock, limits, readAhead, signal, pollMs } = this.parts
    if (this.atTip) await clock.sleep(Math.max(0, this.lastReadMs + pollMs - clock.monotonic()), signal)
    return this.persist(async () => {
      await limits.take(signal)
      const grant = await readAhead.acquire(this.pageBytes, signal)
      try {
        return await this.read(grant)
      } catch (error) {
        grant.release()
        throw error
      }
    })
  }

  private async read(grant: Grant): Promise<FedPage> {
    const { stream, clock, signal, batchBytes } = this.parts
    if (this.iterator === undefined) await this.openIterator()
    const limit = Math.max(1, Math.min(MOST_RECORDS, Math.ceil(batchBytes / this.recordBytes)))
    this.lastReadMs = clock.monotonic()
    const page = await stream.getRecords(this.iterator ?? '', limit, signal)
    this.renewed = false
    grant.resize(page.bytes.length)
    this.iterator = page.nextIterator
    this.ended = page.nextIterator === undefined
    this.atTip = page.behindMs === 0 && page.count < limit
    this.learn(page)
    return { page, release: () => grant.release() }
  }

  private learn(page: RecordsPage): void {
    const { clock, limits } = this.parts
    this.pageBytes = Math.max(LEAST_PAGE_BYTES, page.bytes.length)
    if (page.count === 0) {
      if (this.atTip && this.place.type === 'timestamp') this.place = { type: 'timestamp', ms: page.sentMs ?? clock.now() }
      return
    }
    let bytes = 0
    for (let i = 0; i < page.count; i++) bytes += page.ends[i] - page.starts[i]
    limits.gave(bytes)
    this.recordBytes = Math.max(1, (this.recordBytes + bytes / page.count) / 2)
    this.place = { type: 'after', sequenceNumber: page.sequenceNumber(page.count - 1) }
  }

  private async openIterator(): Promise<number> {
    const { stream, shardId, clock, signal } = this.parts
    const { iterator, servedMs } = await stream.shardIterator(shardId, this.place, signal)
    const openedMs = servedMs ?? clock.now()
    this.iterator = iterator
    // The latest record is another one when the iterator has to be made again.
    if (this.place.type === 'latest') this.place = { type: 'timestamp', ms: openedMs }
    return openedMs
  }

  /** Repeats what fails in passing, until it succeeds or the signal is aborted. */
  private async persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await work()
        this.backoff.succeeded()
        return result
      } catch (error) {
        this.parts.signal.throwIfAborted()
        await this.recover(error)
      }
    }
  }

  private async recover(error: unknown): Promise<void> {
    const { limits, log, report, shardId, signal } = this.parts
    const name = error instanceof Error ? awsErrorName(error.cause) : ''
    // An iterator that the service cannot read any more is tried once with a new one.
    if (name === 'ExpiredIteratorException' || (name === 'InvalidArgumentException' && this.iterator !== undefined && !this.renewed)) {
      this.renewed = name !== 'ExpiredIteratorException'
      this.iterator = undefined
      return
    }
    if (!(error instanceof StandpipeError) || !error.retryable) throw error
    if (THROTTLED.has(name)) {
      limits.refused()
      report({ throttled: 1 })
    } else if (this.backoff.streak === 0) log.warn('reading a shard fails; it is tried again', { shard: shardId, code: error.code, message: error.message })
    await this.backoff.wait(signal)
  }
}

const THROTTLED: ReadonlySet<string> = new Set(['ProvisionedThroughputExceededException', 'LimitExceededException', 'ThrottlingException', 'KMSThrottlingException'])
