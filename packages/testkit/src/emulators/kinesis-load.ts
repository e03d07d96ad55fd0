import type { KinesisCalls } from './kinesis-calls.js'
import { seededRandom } from '../simulation/seeded-random.js'

/** What a load does to a stream. */
export interface KinesisLoadOptions {
  readonly stream: string
  readonly keys: number
  /** Rounds of puts, each with one record of every key. */
  readonly rounds: number
  /** A shard is split, or two are merged, after so many rounds. */
  readonly reshardEvery: number
  readonly seed?: number
}

/**
 * Puts records that number themselves by key (`{"id":7,"key":"k3","n":2}`), while shards are split and merged under them.
 * Each put waits for the one before, so that the order of a key in the stream is that of its numbers.
 */
export class KinesisLoad {
  /** Rounds that are done. */
  round = 0
  /** Splits and merges that are done. */
  reshards = 0
  private readonly random

  constructor(
    private readonly calls: KinesisCalls,
    private readonly options: KinesisLoadOptions,
  ) {
    this.random = seededRandom(options.seed ?? 1)
  }

  /** Records of the whole load. */
  get records(): number {
    return this.options.rounds * this.options.keys
  }

  /** Goes on until `until` rounds are done, by default all. */
  async run(until = this.options.rounds): Promise<void> {
    const { stream, keys, reshardEvery } = this.options
    for (; this.round < until; this.round++) {
      const entries = Array.from({ length: keys }, (_, key) => ({ key: `k${key}`, data: JSON.stringify({ id: this.round * keys + key, key: `k${key}`, n: this.round }) }))
      await this.calls.put(stream, entries)
      if (this.round % reshardEvery === reshardEvery - 1) await this.reshard()
    }
  }

  private async reshard(): Promise<void> {
    const { stream } = this.options
    const open = (await this.calls.shards(stream)).filter(({ SequenceNumberRange }) => SequenceNumberRange.EndingSequenceNumber === undefined)
    open.sort((a, b) => (BigInt(a.HashKeyRange.StartingHashKey) < BigInt(b.HashKeyRange.StartingHashKey) ? -1 : 1))
    const at = this.random(open.length)
    const neighbour = open[at + 1]
    if (neighbour !== undefined && open.length > 2 && this.random(10) < 6) await this.calls.merge(stream, open[at].ShardId, neighbour.ShardId)
    else await this.calls.split(stream, open[at].ShardId)
    this.reshards++
  }
}
