import { awsErrorName, type KinesisConsumer, type RecordsPage, type ShardStart, type ShardSubscription } from '@standpipe/aws'
import { StandpipeError } from '@standpipe/core'
import { Backoff } from './backoff.js'
import type { ReadAhead } from './read-ahead.js'
import type { FedPage, FeedParts, ShardFeed } from './shard-feed.js'

/** What fan-out needs beside. */
export interface FanOutParts extends FeedParts {
  readonly consumer: KinesisConsumer
  readonly readAhead: ReadAhead
}

/** A subscription holds five minutes; a new one is taken before, at a moment of our own. */
const RENEW_MS = 290_000
/** What the next event is taken to hold at least. */
const LEAST_EVENT_BYTES = 4 * 1024

/**
 * Reads a shard by SubscribeToShard: the service pushes records as they come. A subscription that ends, fails, or is nearly
 * five minutes old is followed by another, after the continuation sequence number, which moves even without records. An event
 * is taken from the connection only when there is room for it.
 */
export class FanOutFeed implements ShardFeed {
  private subscription: ShardSubscription | undefined
  private subscribedMs = 0
  private ended = false
  private eventBytes = LEAST_EVENT_BYTES
  /** Where the next subscription begins. */
  private place: ShardStart
  private readonly backoff: Backoff

  constructor(private readonly parts: FanOutParts) {
    this.place = parts.start
    this.backoff = new Backoff(parts.clock)
    parts.signal.addEventListener('abort', () => this.subscription?.close(), { once: true })
  }

  async open(): Promise<number> {
    const { clock } = this.parts
    for (;;) {
      try {
        const { sentMs } = await this.subscribe()
        return sentMs ?? clock.now()
      } catch (error) {
        await this.recover(error)
      }
    }
  }

  async next(): Promise<FedPage | undefined> {
    const { readAhead, signal } = this.parts
    while (!this.ended) {
      const grant = await readAhead.acquire(this.eventBytes, signal)
      try {
        const page = await this.nextEvent()
        if (page !== undefined) {
          grant.resize(page.bytes.length)
          return { page, release: () => grant.release() }
        }
        grant.release()
      } catch (error) {
        grant.release()
        await this.recover(error)
      }
    }
    return undefined
  }

  /** The next event; undefined where the subscription has ended. */
  private async nextEvent(): Promise<RecordsPage | undefined> {
    const { clock } = this.parts
    if (this.subscription !== undefined && clock.monotonic() - this.subscribedMs >= RENEW_MS) this.leave()
    const subscription = this.subscription ?? (await this.subscribe())
    const { value: page, done } = await subscription.pages.next()
    if (done === true) {
      this.leave()
      return undefined
    }
    this.backoff.succeeded()
    this.eventBytes = Math.max(LEAST_EVENT_BYTES, page.bytes.length)
    this.ended = page.continuation === undefined
    if (page.continuation !== undefined) this.place = { type: 'after', sequenceNumber: page.continuation }
    if (this.ended) this.leave()
    return page
  }

  private async subscribe(): Promise<ShardSubscription> {
    const { consumer, shardId, clock, signal } = this.parts
    const subscription = await consumer.subscribe(shardId, this.place, signal)
    if (signal.aborted) subscription.close()
    this.subscription = subscription
    this.subscribedMs = clock.monotonic()
    // The latest record is another one when the subscription has to be made again.
    if (this.place.type === 'latest') this.place = { type: 'timestamp', ms: subscription.sentMs ?? clock.now() }
    return subscription
  }

  private leave(): void {
    this.subscription?.close()
    this.subscription = undefined
  }

  private async recover(error: unknown): Promise<void> {
    const { log, report, shardId, signal } = this.parts
    this.leave()
    signal.throwIfAborted()
    const name = error instanceof Error ? awsErrorName(error.cause) : ''
    if (name === 'LimitExceededException') report({ throttled: 1 })
    // Subscribed too soon after the last time, here or before a restart: it passes within seconds.
    else if (name !== 'ResourceInUseException') {
      if (!(error instanceof StandpipeError) || !error.retryable) throw error
      if (this.backoff.streak === 0) log.warn('a subscription fails; it is made again', { shard: shardId, code: error.code, message: error.message })
    }
    await this.backoff.wait(signal)
  }
}
