import type { KinesisStream, RecordsPage, ShardStart } from '@standpipe/aws'
import type { Clock, Logger, ShardId, ShardReport } from '@standpipe/core'

/** A page, and what holds its memory: to be released when all of it was taken. */
export interface FedPage {
  readonly page: RecordsPage
  release(): void
}

/** The pages of one shard, one after another. */
export interface ShardFeed {
  /**
   * Where reading begins, once that is settled: with `latest`, when the service took it as the latest. In milliseconds by
   * its clock; called once, before {@link next}.
   */
  open(): Promise<number>
  /** The next page, which may be empty; undefined once the shard has no more. Fails with a StandpipeError that cannot be retried. */
  next(): Promise<FedPage | undefined>
}

/** What a feed needs. */
export interface FeedParts {
  readonly stream: KinesisStream
  readonly shardId: ShardId
  readonly start: ShardStart
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  /** Payload bytes that a page should hold. */
  readonly batchBytes: number
  report(report: Omit<ShardReport, 'shard'>): void
}
