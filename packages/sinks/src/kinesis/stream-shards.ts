import { ListShardsCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { mapAwsError } from '@standpipe/aws'
import type { Runtime } from '@standpipe/core/component'
import { StandpipeError } from '@standpipe/core/model'
import { ShardRates, type ShardRange } from './shard-rates.js'
import { streamAddress } from './stream-address.js'

const REFRESH_AFTER_MS = 60_000
const REFRESH_AFTER_THROTTLE_MS = 5_000

/**
 * The rates of a stream's open shards. Its shards are listed again once a minute, and sooner after it throttled:
 * it may have been resharded. Where the list is denied there are no rates, and Kinesis throttles by itself.
 */
export class StreamShards {
  private rates: ShardRates | undefined
  private listedMs: number | undefined
  private throttled = false

  constructor(
    private readonly client: KinesisClient,
    private readonly stream: string,
    private readonly runtime: Pick<Runtime, 'clock' | 'log'>,
  ) {}

  /** The rates to keep to; undefined where the shards may not be listed. Throws what else went wrong, mapped. */
  async current(signal: AbortSignal): Promise<ShardRates | undefined> {
    const nowMs = this.runtime.clock.monotonic()
    const ageMs = this.listedMs === undefined ? Infinity : nowMs - this.listedMs
    if (ageMs < (this.throttled ? REFRESH_AFTER_THROTTLE_MS : REFRESH_AFTER_MS)) return this.rates
    try {
      this.rates = new ShardRates(await this.list(signal), nowMs)
    } catch (error) {
      if (!(error instanceof StandpipeError) || error.code !== 'SINK_ACCESS_DENIED' || error.retryable) throw error
      if (this.listedMs === undefined) this.runtime.log.warn('the shards may not be listed, so their limits are not kept; see `shardLimits`', { stream: this.stream })
      this.rates = undefined
    }
    this.listedMs = nowMs
    this.throttled = false
    return this.rates
  }

  /** Kinesis took less than the rates allow. */
  noteThrottle(): void {
    this.throttled = true
  }

  private async list(signal: AbortSignal): Promise<ShardRange[]> {
    const open: ShardRange[] = []
    let nextToken: string | undefined
    do {
      // A page after the first is asked for by its token alone.
      const input = nextToken === undefined ? streamAddress(this.stream) : { NextToken: nextToken }
      const page = await this.client.send(new ListShardsCommand(input), { abortSignal: signal }).catch((error: unknown) => {
        throw mapAwsError(error, { component: 'kinesis', action: `list the shards of \`${this.stream}\`` })
      })
      for (const { ShardId, HashKeyRange, SequenceNumberRange } of page.Shards ?? []) {
        if (ShardId === undefined || HashKeyRange?.EndingHashKey === undefined || SequenceNumberRange?.EndingSequenceNumber !== undefined) continue
        open.push({ shardId: ShardId, endingHashKey: HashKeyRange.EndingHashKey })
      }
      nextToken = page.NextToken
    } while (nextToken !== undefined)
    return open
  }
}
